//! The shape of a text: scripts, numbers, formulas, code, lists, questions.
//!
//! One pass over the characters and one over the lines. Nothing here knows words; those are
//! [`super::lexicon`].

use crate::types::tokens::leading_letters;

/// What one look at the characters tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Structure {
    /// Han characters.
    pub(super) han: usize,
    /// Runs of Latin letters.
    pub(super) latin_words: usize,
    /// Latin letters.
    pub(super) latin_letters: usize,
    /// Letters of any other script.
    pub(super) other_letters: usize,
    /// Runs of digits.
    pub(super) numbers: usize,
    /// Numbers with a unit behind or a currency sign before them.
    pub(super) measures: usize,
    /// Question marks.
    pub(super) questions: usize,
    /// `2 + 3`, `x*y`, `６÷２` and the like.
    pub(super) arithmetic: usize,
    /// An equals sign between two operands.
    pub(super) equations: usize,
    /// `√`, `∫`, `²`, `\frac` and the like.
    pub(super) math_signs: usize,
    /// Which of the options A to E are listed, as bits.
    options: u8,
    /// Lines that begin with a number or a bullet.
    pub(super) list_items: usize,
    /// Lines that look like program text.
    pub(super) code_lines: usize,
    /// A fenced block.
    pub(super) fence: bool,
    /// A length the answer should have, in words or characters.
    pub(super) wanted_length: Option<u64>,
}

impl Structure {
    /// Looks at a text.
    pub(super) fn of(text: &str) -> Self {
        let mut structure = Self {
            fence: [b"```", b"~~~"]
                .iter()
                .any(|fence| memchr::memmem::find(text.as_bytes(), *fence).is_some()),
            ..Self::default()
        };
        structure.scan_characters(text);
        for line in text.lines() {
            structure.scan_line(line.trim_end());
        }
        structure
    }

    /// Length in words; a Chinese word has 1.7 characters on average.
    pub(super) fn words(&self) -> usize {
        self.latin_words + self.han * 10 / 17 + self.other_letters / 4
    }

    /// Whether at least the options A to C are listed.
    pub(super) fn has_options(&self) -> bool {
        self.options & 0b111 == 0b111
    }

    /// Whether it holds program text.
    pub(super) fn has_code(&self) -> bool {
        self.code_lines >= 2 || (self.fence && self.code_lines > 0)
    }

    fn scan_characters(&mut self, text: &str) {
        let mut formula = Formula::default();
        let mut before = ' ';
        let mut digits = 0_u64;
        let mut rest = text;
        while let Some(raw) = rest.chars().next() {
            let here = rest;
            // A word is taken whole: nothing happens inside it but counting.
            let letters = leading_letters(rest);
            rest = &rest[letters.max(raw.len_utf8())..];
            if letters > 1 {
                self.see_word(letters, before, here);
                formula = Formula::default();
                if before.is_ascii_digit() {
                    self.see_unit(digits, here);
                }
                before = raw;
                continue;
            }
            if is_han(raw) && is_han(before) {
                self.han += 1;
                before = raw;
                continue;
            }
            let char = if raw.is_ascii() { raw } else { narrow(raw) };
            if before.is_ascii_digit() && !char.is_ascii_digit() {
                self.see_unit(digits, here);
            }
            match char {
                '0'..='9' => {
                    if !before.is_ascii_digit() {
                        self.numbers += 1;
                        self.measures += usize::from(matches!(before, '$' | '¥' | '€' | '£'));
                        digits = 0;
                    }
                    digits = digits * 10 % 1_000_000 + u64::from(char) - u64::from('0');
                }
                'a'..='z' | 'A'..='Z' => self.see_word(1, before, here),
                '?' => self.questions += 1,
                '\\' => self.math_signs += usize::from(is_latex(here)),
                '²' | '³' | '√' | '∑' | '∫' | 'π' | '≤' | '≥' | '≠' | '∞' | '∠' | '△' | '⊥' =>
                {
                    self.math_signs += 1;
                }
                _ if is_han(char) => self.han += 1,
                _ if is_letter(char) => {
                    // An accented letter belongs to a Latin word.
                    let latin = char < '\u{250}';
                    self.latin_words += usize::from(latin && !is_letter(before));
                    self.latin_letters += usize::from(latin);
                    self.other_letters += usize::from(!latin);
                }
                _ => {}
            }
            formula.step(char, before, self);
            before = char;
        }
        if formula.tentative {
            formula.confirm(self);
        }
    }

    /// A run of so many ASCII letters, which may go on a word with letters of another kind.
    fn see_word(&mut self, letters: usize, before: char, here: &str) {
        self.latin_letters += letters;
        if !is_letter(before) || is_han(before) {
            self.latin_words += 1;
            self.see_option(before, here);
        }
    }

    /// What stands behind a number: a unit, or the length an answer should have (`800字`,
    /// `500 words`, `300-word`).
    fn see_unit(&mut self, number: u64, rest: &str) {
        let unit = rest.trim_start_matches(' ');
        self.measures += usize::from(UNITS.iter().any(|known| unit.starts_with(known)));
        let rest = rest.trim_start_matches([' ', '-', '个', '多', '余']);
        let word = rest
            .get(..4)
            .is_some_and(|w| w.eq_ignore_ascii_case("word"));
        let character = rest.starts_with('字') && !rest.starts_with("字母");
        if (50..=20_000).contains(&number) && (word || character) {
            self.wanted_length = Some(number);
        }
    }

    fn see_option(&mut self, before: char, here: &str) {
        let mut chars = here.chars();
        let Some(letter @ 'A'..='E') = chars.next() else {
            return;
        };
        let begins = before.is_whitespace() || before == '(';
        let ends = matches!(chars.next().map(narrow), Some('.' | '、' | ')' | ':'));
        if begins && ends {
            self.options |= 1 << (letter as u8 - b'A');
        }
    }

    fn scan_line(&mut self, line: &str) {
        let start = line.trim_start();
        let digits = start.bytes().take_while(u8::is_ascii_digit).count();
        let numbered =
            (1..=2).contains(&digits) && start[digits..].starts_with(['.', '、', ')', '）']);
        let parenthesised = start.starts_with(['(', '（', '①', '②', '③'])
            && start
                .chars()
                .nth(1)
                .is_some_and(|c| narrow(c).is_ascii_digit() || c == ' ');
        if numbered || parenthesised || BULLETS.iter().any(|bullet| start.starts_with(bullet)) {
            self.list_items += 1;
        }
        let closes = line.ends_with([';', '{']) || start.starts_with('}');
        // Formulas in LaTeX have braces too.
        let formula = line.contains('$') || line.contains('\\');
        if (closes && !formula) || CODE_STARTS.iter().any(|code| start.starts_with(code)) {
            self.code_lines += 1;
        }
    }
}

/// Units of counted and measured things.
const UNITS: &[&str] = &[
    "元",
    "米",
    "千米",
    "公里",
    "厘米",
    "毫米",
    "分钟",
    "小时",
    "秒",
    "天",
    "公斤",
    "千克",
    "克",
    "斤",
    "岁",
    "升",
    "个",
    "只",
    "支",
    "本",
    "辆",
    "名",
    "人",
    "倍",
    "%",
    "％",
    "mile",
    "km",
    "kilomet",
    "meter",
    "metre",
    "cm",
    "mm",
    "feet",
    "inch",
    "hour",
    "minute",
    "second",
    "dollar",
    "cent",
    "kg",
    "gram",
    "pound",
    "percent",
    "ohm",
    "volt",
    "apple",
    "people",
    "years old",
    "m/s",
    "mph",
];

/// How the items of an unnumbered list begin.
const BULLETS: &[&str] = &["- ", "* ", "• "];

/// How lines of common languages begin.
const CODE_STARTS: &[&str] = &[
    "def ",
    "class ",
    "import ",
    "from __",
    "#include",
    "public ",
    "private ",
    "const ",
    "let ",
    "var ",
    "return ",
    "for (",
    "while (",
    "if (",
    "function ",
    "fn ",
    "func ",
    "SELECT ",
    "INSERT INTO",
    "CREATE TABLE",
    ">>> ",
    "#!/",
    "package ",
    "using namespace",
    "print(",
    "</",
    "<div",
    "<html",
    "FROM ",
    "@Override",
    "async ",
    "elif ",
    "else:",
    "try:",
    "impl ",
    "$ ",
];

/// Watches for an operator between two operands, with or without blanks around it.
#[derive(Default)]
struct Formula {
    /// The last sign could be an operand: a digit, a single letter, a bracket or an exponent.
    operand: bool,
    /// Blanks since then.
    gap: bool,
    /// An operator after an operand, and whether blanks stood before it.
    pending: Option<(char, bool)>,
    /// A letter after the operator that may turn out to begin a word.
    tentative: bool,
}

impl Formula {
    fn step(&mut self, char: char, before: char, found: &mut Structure) {
        let in_word = is_letter(char) && is_letter(before) && !is_han(before);
        if self.tentative {
            self.tentative = false;
            if in_word {
                self.pending = None;
            } else {
                self.confirm(found);
            }
        }
        match char {
            '0'..='9' => {
                self.confirm(found);
                self.operand = true;
            }
            'a'..='z' | 'A'..='Z' => {
                self.operand = !in_word;
                self.tentative = !in_word && self.pending.is_some();
            }
            ')' | ']' | '²' | '³' | '%' => {}
            '(' | '√' | 'π' => self.operand = true,
            ' ' | '\t' => {
                self.gap = true;
                return;
            }
            '+' | '-' | '*' | '/' | '^' | '=' => {
                self.pending = self.operand.then_some((char, self.gap));
                self.operand = false;
            }
            '?' if matches!(self.pending, Some(('=', _))) => self.confirm(found),
            _ => *self = Self::default(),
        }
        self.gap = self.gap && self.tentative;
    }

    /// Counts a pending operator. `-` and `/` need blanks on both sides, else they are dates,
    /// ranges and paths.
    fn confirm(&mut self, found: &mut Structure) {
        match self.pending.take() {
            Some(('=', _)) => found.equations += 1,
            Some(('-' | '/', before)) if !(before && self.gap) => {}
            Some(_) => found.arithmetic += 1,
            None => {}
        }
    }
}

/// Whether a character is Han.
pub(super) fn is_han(char: char) -> bool {
    matches!(char, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a character is a letter, without looking the frequent ones up in a table.
fn is_letter(char: char) -> bool {
    match char {
        '\0'..='\x7f' => char.is_ascii_alphabetic(),
        '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' => false,
        _ => is_han(char) || char.is_alphabetic(),
    }
}

/// Full-width forms and other spellings of ASCII signs as ASCII.
fn narrow(char: char) -> char {
    match char {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(char) - 0xfee0).unwrap_or(char),
        '×' | '÷' | '∙' => '*',
        '−' | '–' => '-',
        '\u{3000}' => ' ',
        _ => char,
    }
}

/// Whether a backslash begins a LaTeX formula.
fn is_latex(rest: &str) -> bool {
    const COMMANDS: &[&str] = &[
        "\\frac",
        "\\sqrt",
        "\\sum",
        "\\int",
        "\\lim",
        "\\begin{",
        "\\left",
        "\\cdot",
        "\\times",
        "\\(",
        "\\[",
        "\\pi",
        "\\theta",
        "\\alpha",
        "\\leq",
        "\\geq",
        "\\mathbb",
        "\\sin",
        "\\cos",
        "\\ln",
        "\\log",
        "\\infty",
        "\\angle",
        "\\triangle",
    ];
    COMMANDS.iter().any(|command| rest.starts_with(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_formula(text: &str) -> bool {
        let structure = Structure::of(text);
        structure.equations + structure.arithmetic + structure.math_signs > 0
    }

    #[test]
    fn formulas_are_found_with_blanks_without_and_full_width() {
        for text in [
            "what is 2+2",
            "What is 2 + 2?",
            "１５ ＋ ２７ 是多少",
            "6÷2(1+2)",
            "7 - 5",
            "x*y",
            "2x² + 5x - 3 = 0",
            "15-7=?",
            "求 √2 的值",
            r"\frac{1}{2}",
        ] {
            assert!(has_formula(text), "{text}");
        }
    }

    #[test]
    fn dates_ranges_paths_and_words_are_not_formulas() {
        for text in [
            "2024-01-05",
            "3-5 days",
            "24/7 support and read/write access",
            "C++ and C# - which one?",
            "R&D = research",
            "a well-known, state-of-the-art thing",
            "* first\n* second",
        ] {
            assert!(!has_formula(text), "{text}");
        }
    }

    #[test]
    fn lists_options_lengths_and_code_are_seen() {
        assert!(Structure::of("A. one\nB. two\nC. three").has_options());
        assert!(Structure::of("选项 A、土豆 B、白菜 C、香蕉").has_options());
        assert!(!Structure::of("A. Smith met B. Jones").has_options());
        assert_eq!(Structure::of("1. a\n2) b\n- c").list_items, 3);
        assert_eq!(Structure::of("写一篇800字的作文").wanted_length, Some(800));
        assert_eq!(Structure::of("a 300-word essay").wanted_length, Some(300));
        assert_eq!(Structure::of("有100个字母").wanted_length, None);
        assert!(Structure::of("```\nlet a = 1;\n```").has_code());
        assert!(!Structure::of("let me think; then act").has_code());
    }

    #[test]
    fn a_chinese_sentence_is_as_long_as_its_words() {
        assert_eq!(Structure::of("详细解释量子计算的原理和应用").words(), 8);
        assert_eq!(Structure::of("one two three").words(), 3);
        assert_eq!(Structure::of("用Python写一个函数").latin_words, 1);
    }
}
