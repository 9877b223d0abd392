//! Tables as Markdown, for people who paste them somewhere.

use super::{Column, Table};
use crate::lang::Lang;
use crate::text::{pad, width};

impl Table {
    /// A Markdown table with titles in the language, lined up for reading as plain text too.
    pub fn to_markdown(&self, lang: Lang, ascii: bool) -> String {
        let table = self.without_details();
        let titles: Vec<String> = table
            .columns
            .iter()
            .map(|column| escaped(&column.title(lang)))
            .collect();
        let rows: Vec<Vec<String>> = table
            .rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|cell| escaped(&cell.human(lang, ascii)))
                    .collect()
            })
            .collect();
        let widths: Vec<usize> = (0..titles.len())
            .map(|at| {
                let cells = rows.iter().map(|row| width(&row[at]));
                cells.chain([width(&titles[at]), 3]).max().unwrap_or(3)
            })
            .collect();
        let mut out = line(&titles, &widths);
        out.push_str(&rule(&table.columns, &widths));
        for row in &rows {
            out.push_str(&line(row, &widths));
        }
        out
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| pad(cell, *width))
        .collect();
    format!("| {} |\n", cells.join(" | "))
}

fn rule(columns: &[Column], widths: &[usize]) -> String {
    let cells: Vec<String> = columns
        .iter()
        .zip(widths)
        .map(|(column, width)| {
            let dashes = "-".repeat(*width - usize::from(column.is_number));
            format!("{dashes}{}", if column.is_number { ":" } else { "" })
        })
        .collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A cell that does not end the cell.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|")
}
