//! Tables for people: titles and states in their language, lined up by display width, and cut to
//! the width of the terminal. A terminal too narrow for columns gets one line for each value.

use comfy_table::{Attribute, CellAlignment, Color, ContentArrangement, LineStyle, TableStyle};

use super::{Cell, Column, Mood, Table};
use crate::lang::Lang;
use crate::text::{pad, truncate, width, wrap};

/// How a table is to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The language of titles and states.
    pub lang: Lang,
    /// Columns there are; `None` draws everything in full.
    pub width: Option<usize>,
    /// Whether to use colour.
    pub colour: bool,
    /// Whether to draw with ASCII only.
    pub ascii: bool,
}

/// Columns between two columns.
const GAP: usize = 2;

/// Columns a text is never cut below: one wide character, the mark, and something to tell by.
const NARROWEST: usize = 8;

/// Columns the title of a column of figures is never cut below.
const NARROWEST_TITLE: usize = 4;

impl Table {
    /// Draws the table.
    pub fn to_people(&self, look: Look) -> String {
        let table = self.without_details();
        let text = Drawn::new(&table, look);
        match text.fitted_widths(&table, look.width) {
            Some(widths) => text.columns(&table, &widths, look),
            None => text.records(&table, look),
        }
    }
}

/// The text of every cell.
struct Drawn {
    titles: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Drawn {
    fn new(table: &Table, look: Look) -> Self {
        let titles = table
            .columns
            .iter()
            .map(|column| column.title(look.lang))
            .collect();
        let rows = table
            .rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|cell| cell.human(look.lang, look.ascii))
                    .collect()
            })
            .collect();
        Self { titles, rows }
    }

    /// The width of each column once the widest are cut until all fit, or `None` when they
    /// cannot. Figures and names are never cut, only their titles: half a number is a wrong number.
    fn fitted_widths(&self, table: &Table, limit: Option<usize>) -> Option<Vec<usize>> {
        let cells = |at: usize| {
            self.rows
                .iter()
                .map(|row| width(&row[at]))
                .max()
                .unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..self.titles.len())
            .map(|at| cells(at).max(width(&self.titles[at])))
            .collect();
        let Some(limit) = limit else {
            return Some(widths);
        };
        let narrowest: Vec<usize> = (0..widths.len())
            .map(|at| {
                if table.columns[at].is_number || table.columns[at].is_whole {
                    cells(at).max(NARROWEST_TITLE)
                } else {
                    NARROWEST
                }
            })
            .collect();
        let gaps = GAP * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > limit {
            let (widest, _) = widths
                .iter_mut()
                .zip(&narrowest)
                .filter(|(width, narrowest)| **width > **narrowest)
                .max_by_key(|(width, _)| **width)?;
            *widest -= 1;
        }
        Some(widths)
    }

    fn columns(&self, table: &Table, widths: &[usize], look: Look) -> String {
        let mut drawing = comfy_table::Table::new();
        drawing
            .load_style(TableStyle::new().header_separator(rule(look.ascii)))
            .set_content_arrangement(ContentArrangement::Disabled);
        if look.colour {
            drawing.enforce_styling();
        } else {
            drawing.force_no_tty();
        }
        let cut = |text: &str, at: usize| fitted(text, &table.columns[at], widths[at], "", look);
        let titles = self.titles.iter().enumerate().map(|(at, title)| {
            comfy_table::Cell::new(cut(title, at)).add_attribute(Attribute::Bold)
        });
        drawing.set_header(titles);
        for (texts, cells) in self.rows.iter().zip(&table.rows) {
            let row = texts
                .iter()
                .zip(cells)
                .enumerate()
                .map(|(at, (text, cell))| painted(comfy_table::Cell::new(cut(text, at)), cell));
            drawing.add_row(row);
        }
        let last = table.columns.len().saturating_sub(1);
        for (at, column) in drawing.column_iter_mut().enumerate() {
            let gap = if at == last { 0 } else { GAP };
            column.set_padding((0, u16::try_from(gap).unwrap_or(0)));
            if table.columns.get(at).is_some_and(|column| column.is_number) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        trimmed_lines(&drawing.to_string())
    }

    /// One value a line, a blank line between rows.
    fn records(&self, table: &Table, look: Look) -> String {
        let limit = look.width.unwrap_or(usize::MAX);
        let label = self.titles.iter().map(|title| width(title)).max();
        let label = label.unwrap_or(0).min(limit / 2);
        let blocks: Vec<String> = self
            .rows
            .iter()
            .map(|texts| {
                let mut block = String::new();
                for ((title, text), column) in self.titles.iter().zip(texts).zip(&table.columns) {
                    let title = pad(&truncate(title, label, mark(look.ascii)), label);
                    let room = limit.saturating_sub(label + GAP).max(NARROWEST);
                    let value = fitted(text, column, room, &" ".repeat(label + GAP), look);
                    block.push_str(&title);
                    block.push_str("  ");
                    block.push_str(&value);
                    block.push('\n');
                }
                block
            })
            .collect();
        blocks.join("\n")
    }
}

/// A text in a column of this width: sentences wrapped, everything else cut. Lines after the
/// first start with `indent`, which comes on top of the width.
fn fitted(text: &str, column: &Column, columns: usize, indent: &str, look: Look) -> String {
    if column.is_prose {
        wrap(text, columns, "").replace('\n', &format!("\n{indent}"))
    } else {
        truncate(text, columns, mark(look.ascii))
    }
}

fn mark(ascii: bool) -> &'static str {
    if ascii { "..." } else { "…" }
}

/// The line below the titles.
fn rule(ascii: bool) -> LineStyle {
    LineStyle::none().fill(if ascii { '-' } else { '─' })
}

fn painted(drawn: comfy_table::Cell, cell: &Cell) -> comfy_table::Cell {
    match cell.mood() {
        Mood::Good => drawn.fg(Color::Green),
        Mood::Warning => drawn.fg(Color::Yellow),
        Mood::Bad => drawn.fg(Color::Red),
        Mood::Neutral => drawn,
    }
}

/// Lines without spaces at their ends, each ended.
fn trimmed_lines(text: &str) -> String {
    text.lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}
