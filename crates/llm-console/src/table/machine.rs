//! Tables for machines: TSV, CSV, JSON and JSON Lines. Complete, English, without colour.

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::{Cell, Column, Table};

impl Table {
    /// Tab-separated, with a line of field names. Tabs and line breaks inside a cell become
    /// spaces, so that every row is one line and `cut` finds its columns.
    pub fn to_tsv(&self) -> String {
        let mut out = self.fields().collect::<Vec<_>>().join("\t");
        out.push('\n');
        for row in &self.rows {
            let cells: Vec<String> = row
                .iter()
                .map(|cell| cell.machine().replace(char::is_control, " "))
                .collect();
            out.push_str(&cells.join("\t"));
            out.push('\n');
        }
        out
    }

    /// Comma-separated by RFC 4180, with a line of field names.
    ///
    /// A text that a spreadsheet would take for a formula gets an apostrophe in front. A byte
    /// order mark is for spreadsheets that otherwise take UTF-8 for something else.
    pub fn to_csv(&self, with_bom: bool) -> String {
        let mut out = String::from(if with_bom { "\u{feff}" } else { "" });
        out.push_str(&self.fields().map(quoted).collect::<Vec<_>>().join(","));
        out.push_str("\r\n");
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(csv_cell).collect();
            out.push_str(&cells.join(","));
            out.push_str("\r\n");
        }
        out
    }

    /// A JSON array of objects, indented, one key for every column, in the order of the columns.
    pub fn to_json(&self) -> String {
        let mut out = serde_json::to_string_pretty(&self.objects()).unwrap_or_default();
        out.push('\n');
        out
    }

    /// One JSON object a line.
    pub fn to_jsonl(&self) -> String {
        self.objects()
            .iter()
            .map(|row| serde_json::to_string(row).unwrap_or_default() + "\n")
            .collect()
    }

    fn objects(&self) -> Vec<Object<'_>> {
        self.rows
            .iter()
            .map(|row| Object {
                columns: &self.columns,
                row,
            })
            .collect()
    }
}

/// A row as an object that keeps the order of its columns.
struct Object<'a> {
    columns: &'a [Column],
    row: &'a [Cell],
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.row.len()))?;
        for (column, cell) in self.columns.iter().zip(self.row) {
            map.serialize_entry(column.field, cell)?;
        }
        map.end()
    }
}

fn csv_cell(cell: &Cell) -> String {
    let text = cell.machine();
    let is_formula = cell.is_text() && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula {
        quoted(&format!("'{text}"))
    } else {
        quoted(&text)
    }
}

/// A field with quotes around it where it needs them.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) || text != text.trim() {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
