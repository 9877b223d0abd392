//! Reading a file into a tree, and laying trees over each other.

use super::*;

fn read(text: &str, layer: Layer) -> Node {
    let (node, errors) = parse(text, layer, Path::new("/c.toml"));
    assert_eq!(errors, [], "{text}");
    node
}

fn at<'a>(node: &'a Node, key: &str) -> &'a Node {
    node.get(&KeyPath::parse(key).unwrap()).unwrap()
}

#[test]
fn every_value_knows_its_line_and_column() {
    let node = read(
        "# é\n[server]\nport = 80\nhost = \"é\"\n\n[models.\"a.b\"]\ntasks = [\n  \"x\",\n]\n",
        Layer::User,
    );
    let place = |key: &str| {
        let origin = &at(&node, key).origin;
        (origin.line.unwrap(), origin.column.unwrap())
    };
    assert_eq!(place("server"), (2, 2));
    assert_eq!(place("server.port"), (3, 8));
    assert_eq!(place("server.host"), (4, 8));
    assert_eq!(place("models.\"a.b\""), (6, 9));
    assert_eq!(place("models.\"a.b\".tasks"), (7, 9));
    let item = node
        .get(&KeyPath::of(["models", "a.b", "tasks"]).item(0))
        .unwrap();
    assert_eq!(item.origin.line, Some(8));
}

#[test]
fn tables_merge_and_everything_else_replaces() {
    let mut below = read(
        "[server]\nport = 1\nhost = \"a\"\n[models.m]\ntasks = [\"x\", \"y\"]\n",
        Layer::System,
    );
    below.merge(read(
        "[server]\nport = 2\n[models.m]\ntasks = [\"z\"]\n[models.n]\n",
        Layer::User,
    ));
    assert_eq!(at(&below, "server.port").shown(), toml::Value::Integer(2));
    assert_eq!(at(&below, "server.port").origin.layer, Layer::User);
    assert_eq!(at(&below, "server.host").origin.layer, Layer::System);
    assert_eq!(at(&below, "models.m.tasks").shown().to_string(), "[\"z\"]");
    assert!(below.get(&KeyPath::of(["models", "n"])).is_some());
}

#[test]
fn a_key_reference_replaces_as_a_whole() {
    let mut below = read("[providers.p]\napi_key = { env = \"A\" }\n", Layer::System);
    below.merge(read(
        "[providers.p]\napi_key = { file = \"f\" }\n",
        Layer::User,
    ));
    assert_eq!(
        at(&below, "providers.p.api_key").shown().to_string(),
        "{ file = \"f\" }"
    );
}

#[test]
fn a_price_of_a_file_replaces_as_a_whole_and_one_of_a_flag_merges() {
    let price = "[models.m]\nprice = { input = 1, output = 2, cached_input = 0.5 }\n";
    let mut below = read(price, Layer::System);
    let over = "[models.m]\nprice = { input = 7, output = 14, currency = \"CNY\" }\n";
    below.merge(read(over, Layer::User));
    assert!(
        below
            .get(&KeyPath::of(["models", "m", "price", "cached_input"]))
            .is_none()
    );
    let origin = Origin::named(Layer::Flag, "--set");
    let mut flag = Node::empty(origin.clone());
    let key = KeyPath::of(["models", "m", "price", "input"]);
    flag.put(&key, Node::new(toml::Value::Integer(3), &origin, &key));
    below.merge(flag);
    assert_eq!(below.get(&key).unwrap().shown(), toml::Value::Integer(3));
    assert_eq!(
        at(&below, "models.m.price.currency").shown().as_str(),
        Some("CNY")
    );
}

#[test]
fn a_scalar_over_a_table_and_a_table_over_a_scalar_replace() {
    let mut node = read("[a]\nb = 1\n", Layer::System);
    node.merge(read("a = 2\n", Layer::User));
    assert_eq!(at(&node, "a").shown(), toml::Value::Integer(2));
    node.merge(read("[a]\nb = 3\n", Layer::Named));
    assert_eq!(at(&node, "a.b").shown(), toml::Value::Integer(3));
}

#[test]
fn all_syntax_errors_are_told_with_line_and_column() {
    let (_, errors) = parse(
        "[server]\nport = \nhost = \"a\n[models.m]\nport == 2\n",
        Layer::User,
        Path::new("/c.toml"),
    );
    let lines: Vec<_> = errors.iter().map(|error| error.line.unwrap()).collect();
    assert!(
        lines.contains(&2) && lines.contains(&3) && lines.contains(&5),
        "{errors:?}"
    );
    assert!(errors.iter().all(|error| error.code == Code::ConfigSyntax));
}

#[test]
fn a_duplicate_key_and_a_number_out_of_range_are_errors() {
    let (_, errors) = parse("a = 1\na = 2\n", Layer::User, Path::new("/c.toml"));
    assert_eq!(errors[0].line, Some(2), "{errors:?}");
    let (_, errors) = parse(
        "a = 99999999999999999999\n",
        Layer::User,
        Path::new("/c.toml"),
    );
    assert!(errors[0].to_string().contains("out of range"), "{errors:?}");
}

#[test]
fn keys_in_a_file_are_secrets_from_the_first_moment() {
    let node = read(
        "[providers.p]\napi_key = \"sk-0123456789abcdef\"\nheaders = { authorization = \"Bearer 0123456789abcdef\", accept = \"x\" }\n",
        Layer::Secrets,
    );
    let everything = format!("{node:?} {}", node.shown());
    assert!(!everything.contains("0123"), "{everything}");
    assert!(everything.contains("…cdef") && everything.contains("accept"));
    assert!(node.exposed().to_string().contains("sk-0123456789abcdef"));
}

proptest::proptest! {
    /// No text, however broken, makes the reader panic or report nothing where nothing was read.
    #[test]
    fn any_text_is_read_or_refused_with_a_line(text in "(?s).{0,200}") {
        let (_, errors) = parse(&text, Layer::User, Path::new("/c.toml"));
        for error in errors {
            proptest::prop_assert!(error.file.is_some());
        }
    }
}
