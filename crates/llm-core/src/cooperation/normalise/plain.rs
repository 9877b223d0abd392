//! Takes the markup off a piece of text: LaTeX commands, superscripts, full-width forms.

use unicode_normalization::UnicodeNormalization as _;

/// Nesting beyond which LaTeX is left as it is.
const DEEPEST: usize = 16;

/// The text without LaTeX, with powers written `^2`, fractions `1/2` and one spelling (NFKC) of
/// each character.
pub(super) fn plain(text: &str) -> String {
    let source = if text.contains('\\') {
        untex(text)
    } else {
        text.to_owned()
    };
    let mut out = String::with_capacity(source.len());
    let mut raised = false;
    for c in source.chars() {
        let was_raised = std::mem::take(&mut raised);
        if let Some(low) = superscript(c) {
            if !was_raised {
                out.push('^');
            }
            out.push(low);
            raised = true;
        } else if is_vulgar_fraction(c) {
            // Apart from a whole number before it: 1½ is not 11/2.
            out.push(' ');
            out.extend(c.nfkc().map(|c| if c == '\u{2044}' { '/' } else { c }));
        } else {
            match c {
                '\u{2212}' | '\u{2013}' | '\u{2010}' | '\u{2011}' => out.push('-'),
                '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' => {}
                '〇' => out.push('零'),
                _ => out.push(c),
            }
        }
    }
    out.nfkc().collect()
}

fn superscript(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴'..='⁹' => char::from_digit(c as u32 - '⁰' as u32, 10)?,
        '⁻' => '-',
        _ => return None,
    })
}

fn is_vulgar_fraction(c: char) -> bool {
    matches!(c, '\u{bc}'..='\u{be}' | '\u{2150}'..='\u{215e}')
}

/// Replaces LaTeX commands by the characters they stand for; unknown ones keep their names.
fn untex(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader {
        chars: &chars,
        at: 0,
    };
    reader.convert(0)
}

struct Reader<'a> {
    chars: &'a [char],
    at: usize,
}

impl Reader<'_> {
    /// Everything up to the end, or to the brace that closes the group this level is in.
    fn convert(&mut self, depth: usize) -> String {
        let mut out = String::new();
        while let Some(c) = self.next() {
            match c {
                '\\' => self.command(depth, &mut out),
                '{' if depth < DEEPEST => {
                    let inner = self.convert(depth + 1);
                    out.push_str(&inner);
                }
                '}' if depth > 0 => break,
                '{' | '}' => {}
                _ => out.push(c),
            }
        }
        out
    }

    fn command(&mut self, depth: usize, out: &mut String) {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphabetic()) {
            self.at += 1;
        }
        let name: String = self.chars[start..self.at].iter().collect();
        match name.as_str() {
            "" => match self.next() {
                Some(',' | ';' | ':' | ' ' | '\\') => out.push(' '),
                Some('!' | '(' | ')' | '[' | ']') | None => {}
                Some(c) => out.push(c),
            },
            "frac" | "dfrac" | "tfrac" | "cfrac" => {
                let (above, below) = (self.argument(depth), self.argument(depth));
                if out.ends_with(|c: char| c.is_ascii_digit()) {
                    out.push(' ');
                }
                out.push_str(&format_fraction(&above, &below));
            }
            "sqrt" => {
                let inner = self.argument(depth);
                out.push_str("sqrt(");
                out.push_str(&inner);
                out.push(')');
            }
            "text" | "textbf" | "textit" | "textrm" | "mathrm" | "mathbf" | "mathit" | "mathbb"
            | "boxed" | "fbox" | "mbox" | "operatorname" | "left" | "right" | "displaystyle"
            | "big" | "Big" => {}
            "times" => out.push('×'),
            "cdot" => out.push('*'),
            "div" => out.push('/'),
            "pi" => out.push('π'),
            "infty" => out.push('∞'),
            "circ" | "degree" => {
                if out.ends_with('^') {
                    out.pop();
                }
                out.push('°');
            }
            "approx" => out.push('≈'),
            "quad" | "qquad" => out.push(' '),
            _ => out.push_str(&name),
        }
    }

    /// A group, a command or a single character.
    fn argument(&mut self, depth: usize) -> String {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
        match self.next() {
            Some('{') if depth < DEEPEST => self.convert(depth + 1),
            Some('\\') => {
                let mut out = String::new();
                if depth < DEEPEST {
                    self.command(depth + 1, &mut out);
                }
                out
            }
            Some(c) => c.to_string(),
            None => String::new(),
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }
}

/// Braces only where leaving them out would change the value.
fn format_fraction(above: &str, below: &str) -> String {
    let wrap = |part: &str| {
        let simple = part
            .trim_start_matches('-')
            .chars()
            .all(|c| c.is_alphanumeric() || c == '.');
        if simple {
            part.to_owned()
        } else {
            format!("({part})")
        }
    };
    format!("{}/{}", wrap(above), wrap(below))
}
