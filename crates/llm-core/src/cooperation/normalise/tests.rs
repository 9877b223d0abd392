//! Normal forms by table, in English and Chinese, and what holds for any text.

use proptest::prelude::*;

use super::*;
use crate::types::chat::ResponseFormat;

const NUMBER: Kind = Kind::Number { percent: false };
const PERCENT: Kind = Kind::Number { percent: true };

fn choice() -> Kind {
    Kind::of(
        "Which is the capital?\nA) Berlin\nB) Paris\nC. Rome\nD. Bern",
        &ResponseFormat::Text,
    )
}

/// Rows of answer and normal form; an empty form stands for none.
fn check(kind: &Kind, rows: &[(&str, &str)]) {
    let wrong: Vec<_> = rows
        .iter()
        .map(|(answer, expected)| {
            (
                answer,
                expected,
                normal_form(answer, kind).unwrap_or_default(),
            )
        })
        .filter(|(_, expected, form)| *expected != form)
        .collect();
    assert!(wrong.is_empty(), "answer, expected, got: {wrong:#?}");
}

#[test]
fn numbers_are_one_whatever_their_spelling() {
    check(
        &NUMBER,
        &[
            ("42", "42"),
            ("42.", "42"),
            (" **42** ", "42"),
            ("+42", "42"),
            ("042", "42"),
            ("42.0", "42"),
            ("42.50", "42.5"),
            (".5", "0.5"),
            ("-3", "-3"),
            ("−3", "-3"),
            ("minus 3", "-3"),
            ("负三", "-3"),
            ("1,234,567", "1234567"),
            ("1 234 567", "1234567"),
            ("1,234.50", "1234.5"),
            ("１２３", "123"),
            ("１，２３４", "1234"),
            ("1.2e5", "120000"),
            ("1.2×10^5", "120000"),
            ("1.2 x 10⁵", "120000"),
            (r"1.2 \times 10^{5}", "120000"),
            ("3 × 10⁻²", "0.03"),
            ("2^10", "1024"),
            ("1/2", "0.5"),
            ("1/3", "1/3"),
            ("2/6", "1/3"),
            ("½", "0.5"),
            ("1½", "1.5"),
            ("1 1/2", "1.5"),
            (r"\frac{1}{3}", "1/3"),
            (r"\dfrac12", "0.5"),
            (r"-\frac{3}{4}", "-0.75"),
            (r"2\frac{1}{4}", "2.25"),
            (r"$1{,}234$", "1234"),
            ("50%", "0.5"),
            (r"50\%", "0.5"),
            ("百分之五十", "0.5"),
            ("3 million", "3000000"),
            ("1.5万", "15000"),
            ("3亿", "300000000"),
            ("3万5千", "35000"),
            ("二十三", "23"),
            ("一百零五", "105"),
            ("两千", "2000"),
            ("三点一四", "3.14"),
            ("三分之一", "1/3"),
            ("二〇二四", "2024"),
            ("一半", "0.5"),
            ("twenty-three", "23"),
            ("one hundred and five", "105"),
        ],
    );
}

#[test]
fn units_and_currency_do_not_part_votes_but_other_words_do() {
    check(
        &NUMBER,
        &[
            ("$42", "42"),
            ("-$5", "-5"),
            ("$1,200.00", "1200"),
            ("¥42", "42"),
            ("￥42", "42"),
            ("42 dollars", "42"),
            ("42元", "42"),
            ("42 美元", "42"),
            ("42 apples", "42"),
            ("42个苹果", "42"),
            ("四十二个", "42"),
            ("42km", "42"),
            ("42 km/h", "42"),
            ("100千米", "100"),
            ("五千克", "5"),
            ("12 m^2", "12"),
            ("90°", "90"),
            (r"90^\circ", "90"),
            ("about 42", "42"),
            ("约42人", "42"),
            ("x = 5", "5"),
            ("3 + 5 = 8", "8"),
            // Not one number.
            ("3 or 5", "3 or 5"),
            ("3 to 5", "3 to 5"),
            ("3-5", "3-5"),
            ("3到5", "3到5"),
            ("x = 2 or x = 3", "x=2 or x=3"),
            ("x >= 5", "x>=5"),
            ("1,2", "1,2"),
            ("3:45", "3:45"),
            ("2π", "2π"),
            (r"2\pi", "2π"),
            ("3x", "3x"),
            ("5k", "5k"),
            ("12-10d", "12-10d"),
            ("101_2", "101_2"),
            (r"\sqrt{2}", "sqrt(2)"),
            (r"\frac{\sqrt{3}}{2}", "(sqrt(3))/2"),
            ("(2, 3)", "(2,3)"),
            ("no solution", "no solution"),
            ("无解", "无解"),
        ],
    );
}

#[test]
fn a_percentage_is_not_divided_where_it_was_asked_for() {
    check(
        &PERCENT,
        &[
            ("50%", "50"),
            ("50", "50"),
            ("50 percent", "50"),
            ("百分之五十", "50"),
        ],
    );
}

#[test]
fn the_answer_is_found_in_longer_text() {
    check(
        &NUMBER,
        &[
            ("The answer is 42.", "42"),
            ("The answer is **42** because 6 × 7 = 42.", "42"),
            ("We get 6 × 7.\n\nFinal answer: 42", "42"),
            ("**Final Answer:** 42 apples", "42"),
            (
                "The final answer is $\\boxed{42}$. I hope it is correct.",
                "42",
            ),
            ("First \\boxed{1}, then \\boxed{2}.", "2"),
            ("Final answer:\n\n42\n", "42"),
            ("Step 1 gives 12.\nStep 2 gives 30.\n#### 42", "42"),
            (
                "Is the answer 41? No. The answer is 41. Wait.\nThe answer is 42",
                "42",
            ),
            (
                "There are 5 boxes of 8.\nSo she has 40 pens in total.",
                "40",
            ),
            ("答案是42。", "42"),
            ("答案：四十二", "42"),
            ("最终答案：42个", "42"),
            ("因为6×7=42，所以答案是 42，因为乘法如此。", "42"),
            ("一共有18个苹果。", "18"),
            ("先算3个班，每班20人，\n所以一共60人。", "60"),
            (
                "The answer is that she makes 18 dollars every single day.",
                "18",
            ),
            ("The answer is no solution.", "no solution"),
            (
                "It cannot be determined from what is given, I am afraid.",
                "",
            ),
            ("", ""),
            ("?!", ""),
        ],
    );
}

#[test]
fn the_end_of_a_long_answer_counts() {
    let long = format!("答案是 1。\n{}\n最终答案：42", "推理。".repeat(20_000));
    assert_eq!(normal_form(&long, &NUMBER).as_deref(), Some("42"));
    let first = format!("B. Paris\n{}", "It is so. ".repeat(5_000));
    assert_eq!(normal_form(&first, &choice()).as_deref(), Some("B"));
}

#[test]
fn letters_are_read_as_options() {
    check(
        &choice(),
        &[
            ("B", "B"),
            ("b", "B"),
            ("(B)", "B"),
            ("B.", "B"),
            ("**B**", "B"),
            ("B) Paris", "B"),
            ("B. Paris", "B"),
            ("B: Paris", "B"),
            ("B、巴黎", "B"),
            ("Option B", "B"),
            ("选B", "B"),
            ("选项 B", "B"),
            ("Paris", "B"),
            ("paris.", "B"),
            ("The answer is B.", "B"),
            ("The correct answer is (B) Paris.", "B"),
            ("The correct option is B", "B"),
            ("答案选B", "B"),
            ("答案是（B）", "B"),
            ("故选B。", "B"),
            (r"\boxed{\text{B}}", "B"),
            ("B. Paris\n\nIt is the seat of government, unlike A.", "B"),
            ("Berlin is in Germany and Rome in Italy.\n\n**B**", "B"),
            ("Final answer: A and C", "AC"),
            ("C, A", "AC"),
            ("ABD", "ABD"),
            ("Both are fine, I would say.", ""),
            ("E", ""),
            ("Madrid", ""),
            ("None of the above", ""),
        ],
    );
}

#[test]
fn verdicts_are_yes_or_no() {
    check(
        &Kind::YesNo,
        &[
            ("Yes", "yes"),
            ("yes.", "yes"),
            ("Yes, because water boils at 100 °C.", "yes"),
            ("Yes it does", "yes"),
            ("**No**", "no"),
            ("No, it does not.", "no"),
            ("True", "yes"),
            ("false", "no"),
            ("是", "yes"),
            ("是的，因为如此。", "yes"),
            ("不是。", "no"),
            ("否", "no"),
            ("正确", "yes"),
            ("错误", "no"),
            ("It depends.\nFinal answer: No", "no"),
            ("The answer is yes.", "yes"),
            ("答案是：是", "yes"),
            ("No one knows", "no one knows"),
            ("不一定", "不一定"),
        ],
    );
}

#[test]
fn short_text_is_folded() {
    check(
        &Kind::Short,
        &[
            ("Paris", "paris"),
            ("PARIS.", "paris"),
            ("The Beatles", "beatles"),
            ("an apple", "apple"),
            ("\"Paris\"", "paris"),
            ("Ｐａｒｉｓ", "paris"),
            ("The answer is Paris, because it is.", "paris"),
            ("Answer: J. R. R. Tolkien", "j r r tolkien"),
            ("Vitamin C", "vitamin c"),
            ("C++", "c++"),
            ("C", "C"),
            ("(C)", "C"),
            ("北京。", "北京"),
            ("《红楼梦》", "红楼梦"),
            ("答案是 曹雪芹 。", "曹雪芹"),
            ("1969", "1969"),
            ("Yes", "yes"),
            ("5 km", "5 km"),
            ("3:45", "3:45"),
        ],
    );
}

#[test]
fn what_a_program_prints_is_taken_to_the_letter() {
    check(
        &Kind::Literal,
        &[
            ("`'abc'`", "abc"),
            ("Final answer: \"Abc\"", "Abc"),
            ("[1, 2, 'a b']", "[1,2,'a b']"),
            ("{'a': 1 , 'b': []}", "{'a':1,'b':[]}"),
            ("w)))", "w)))"),
            ("The function counts letters.\n\nFinal answer: 3", "3"),
            ("The function counts letters,\nand then stops.", ""),
        ],
    );
}

#[test]
fn free_text_counts_only_while_it_is_short() {
    let essay = "Electric cars change the industry in three ways. ".repeat(5);
    check(
        &Kind::Free,
        &[
            (&essay, ""),
            ("line one\nline two", ""),
            ("Positive", "positive"),
        ],
    );
}

#[test]
fn json_is_compared_by_value() {
    check(
        &Kind::Json,
        &[
            (r#"{"b": 1, "a": [1.0, 2]}"#, r#"{"a":[1,2],"b":1}"#),
            ("```json\n{\"a\": \"x\"}\n```", r#"{"a":"x"}"#),
            ("1.50", "1.5"),
            ("not json", ""),
        ],
    );
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(NUMBER),
        Just(PERCENT),
        Just(choice()),
        Just(Kind::YesNo),
        Just(Kind::Short),
        Just(Kind::Literal),
        Just(Kind::Free),
        Just(Kind::Json),
    ]
}

/// Texts made of the pieces the readers look at, so that they are met in odd orders.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "1",
        "23",
        ",",
        ".",
        "-",
        "/",
        "%",
        "^",
        "e",
        "=",
        "(",
        ")",
        "{",
        "}",
        "$",
        "\\frac",
        "\\boxed{",
        "\\sqrt",
        "\\",
        "A",
        "B",
        "b",
        "the ",
        "a ",
        " ",
        "\n",
        "answer is ",
        "Final answer:",
        "答案是",
        "是",
        "不",
        "百分之",
        "分之",
        "十",
        "万",
        "亿",
        "千",
        "点",
        "半",
        "yes",
        "no ",
        "twenty",
        "-three",
        " hundred",
        "and ",
        "×10^",
        "½",
        "⁵",
        "″",
        "\u{301}",
        "İ",
        "ß",
        "﷼",
        "\"",
        "'",
        "[",
        "]",
        "option ",
        "选",
        ":",
        "because ",
        "👍",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_normal_form_is_its_own(text in pieces(), kind in kinds()) {
        if let Some(form) = normal_form(&text, &kind) {
            prop_assert!(!form.is_empty());
            prop_assert_eq!(normal_form(&form, &kind), Some(form));
        }
    }

    #[test]
    fn any_text_is_read_without_panic(text in ".{0,300}", kind in kinds()) {
        if let Some(form) = normal_form(&text, &kind) {
            prop_assert_eq!(normal_form(&form, &kind), Some(form));
        }
        Kind::of(&text, &ResponseFormat::Text);
    }

    #[test]
    fn every_integer_is_read_in_every_spelling(number in -999_999_999_i64..999_999_999) {
        let digits = number.unsigned_abs().to_string();
        let grouped = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(|group| std::str::from_utf8(group).unwrap())
            .collect::<Vec<_>>()
            .join(",");
        let sign = if number < 0 { "-" } else { "" };
        for text in [
            format!("{sign}{digits}"),
            format!("{sign}{grouped}"),
            format!("{sign}{grouped}.00 pieces"),
            format!("The answer is {sign}{digits}."),
            format!("{sign}{digits}00%"),
        ] {
            prop_assert_eq!(normal_form(&text, &NUMBER), Some(number.to_string()), "{}", text);
        }
    }
}
