//! A table as data: columns with stable English field names, and typed cells.
//!
//! The same table is drawn for people (`people`: aligned, localised, cut to the width) and
//! written for machines (`machine`: TSV, CSV, JSON; complete and in English). Which of them is
//! used is decided in `output`.

mod cell;
mod machine;
mod markdown;
mod people;

pub use cell::{Cell, Mood};
pub use people::Look;

use crate::catalogue;
use crate::lang::Lang;

/// Columns and rows.
#[derive(Clone, Debug, Default)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

/// One column.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a manner of drawing of its own, in any combination"
)]
pub struct Column {
    /// The name in machine formats and for `--fields`. People see the text `column.<field>`.
    pub field: &'static str,
    /// Whether figures line up at the right.
    pub is_number: bool,
    /// Whether a narrow terminal wraps the text instead of cutting it.
    pub is_prose: bool,
    /// Whether people see it only when they ask for it with `--fields`.
    pub is_detail: bool,
    /// Whether its cells are never cut, as for names that are told apart by their ends.
    pub is_whole: bool,
}

impl Column {
    /// A column of text.
    pub fn text(field: &'static str) -> Self {
        Self {
            field,
            is_number: false,
            is_prose: false,
            is_detail: false,
            is_whole: false,
        }
    }

    /// A column of figures.
    pub fn number(field: &'static str) -> Self {
        Self {
            is_number: true,
            ..Self::text(field)
        }
    }

    /// A column of sentences, which a narrow terminal wraps instead of cutting.
    pub fn prose(field: &'static str) -> Self {
        Self {
            is_prose: true,
            ..Self::text(field)
        }
    }

    /// Shown to people only on request.
    #[must_use]
    pub fn detail(mut self) -> Self {
        self.is_detail = true;
        self
    }

    /// Never cut, only its title is.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.is_whole = true;
        self
    }

    /// The title for people.
    pub fn title(&self, lang: Lang) -> String {
        catalogue::find(lang, &format!("column.{}", self.field), &[])
            .unwrap_or_else(|| self.field.to_owned())
    }
}

impl Table {
    /// A table without rows.
    pub fn new(columns: Vec<Column>) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    /// Adds a row. Cells that are missing are empty; cells beyond the last column are left out.
    pub fn push(&mut self, mut cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for every column");
        cells.resize(self.columns.len(), Cell::Empty);
        self.rows.push(cells);
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The columns that have no title in a language, for the programs' tests.
    pub fn missing_titles(&self, lang: Lang) -> Vec<&'static str> {
        self.fields()
            .filter(|field| !catalogue::has(lang, &format!("column.{field}")))
            .collect()
    }

    /// The field names, in order.
    pub fn fields(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|column| column.field)
    }

    /// The table with these columns only, in this order, details included.
    ///
    /// # Errors
    /// The first name that is not a field.
    pub fn select(&self, fields: &[String]) -> Result<Self, String> {
        let indices = fields
            .iter()
            .map(|name| {
                self.columns
                    .iter()
                    .position(|column| column.field == name)
                    .ok_or_else(|| name.clone())
            })
            .collect::<Result<Vec<_>, _>>()?;
        let columns = indices.iter().map(|at| Column {
            is_detail: false,
            ..self.columns[*at].clone()
        });
        let row = |row: &Vec<Cell>| indices.iter().map(|at| row[*at].clone()).collect();
        Ok(Self {
            columns: columns.collect(),
            rows: self.rows.iter().map(row).collect(),
        })
    }

    /// The table without the columns people did not ask for.
    fn without_details(&self) -> Self {
        let fields: Vec<String> = self
            .columns
            .iter()
            .filter(|column| !column.is_detail)
            .map(|column| column.field.to_owned())
            .collect();
        self.select(&fields).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
