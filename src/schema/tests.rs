//! Reading, printing and overriding, on vectors and on whatever proptest thinks of.

use proptest::prelude::*;

use super::{
    Decode, Kind, Map, Name, Node, Reader, Region, Sources, apply, nearest, parse, print, record, render, split_path,
};

fn tree(text: &str) -> Node {
    parse(0, text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn errors(text: &str) -> Vec<String> {
    parse(0, text).expect_err("wrong").into_iter().map(|error| error.message).collect()
}

#[test]
fn values_of_ron_are_read() {
    for (text, printed) in [
        ("Word", "Word"),
        ("true", "true"),
        ("-12.5e3", "-12.5e3"),
        ("0xFF", "0xFF"),
        ("\"a \\\"b\\\" \\u{e9}\"", "\"a \\\"b\\\" é\""),
        ("r#\"raw \"text\"\"#", "\"raw \\\"text\\\"\""),
        ("'x'", "\"x\""),
        ("[1, 2, 3,]", "[1, 2, 3]"),
        ("{\"a\": 1, b: 2}", "{\"a\": 1, \"b\": 2}"),
        ("Some(5)", "Some(5)"),
        ("A(x: 1, y: (z: [], w: ()))", "A(x: 1, y: (z: [], w: ()))"),
        ("B(1, \"two\", x: 3)", "B(1, \"two\", x: 3)"),
        ("// before\n/* a /* nested */ comment */ C /* after */", "C"),
        ("#![enable(implicit_some)]\nD", "D"),
        ("\u{feff}E", "E"),
    ] {
        assert_eq!(print(&tree(text)), printed, "{text}");
    }
}

#[test]
fn every_mistake_of_a_file_is_found() {
    let found = errors("A(x: 1 2, y: @, z: \"open\", w: [1, }, v: 3)");
    assert!(found.len() >= 3, "{found:?}");
}

#[test]
fn places_count_lines_and_characters() {
    let text = "A(\n    naïve: \"é\", // é\n    wrong: @,\n)";
    let mut sources = Sources::default();
    let source = sources.add("file.ron", text);
    let errors = parse(source, text).expect_err("wrong");
    let place = sources.place(errors[0].region).expect("in the file");
    assert_eq!((place.file, place.line, place.column, place.text), ("file.ron", 3, 12, "    wrong: @,"));
    assert!(render(&errors, &sources).contains("--> file.ron:3:12"));
}

#[test]
fn a_mistake_at_the_end_of_a_line_is_shown() {
    for text in ["A(x: \r", "A(x: \r\n", "A(x: \"open\r", "\r\r@\r", "A(\r\n  x: \r\n"] {
        let mut sources = Sources::default();
        let source = sources.add("file.ron", text);
        let errors = parse(source, text).expect_err("wrong");
        assert!(render(&errors, &sources).contains("--> file.ron:"), "{text:?}");
    }
}

#[test]
fn names_are_found_by_likeness_and_by_swapped_letters() {
    let valid = ["workers", "servers", "web", "users"];
    for (wrong, right) in [("wokers", "workers"), ("Servers", "servers"), ("wbe", "web"), ("user", "users")] {
        assert_eq!(nearest(wrong, valid), Some(right), "{wrong}");
    }
    assert_eq!(nearest("zzz", valid), None);
}

#[test]
fn paths_split_at_dots_outside_quotes() {
    assert_eq!(split_path("a.b.c"), ["a", "b", "c"]);
    assert_eq!(split_path("a.\"b.c\".d"), ["a", "b.c", "d"]);
}

fn put(text: &str, path: &str, value: &str) -> Result<String, String> {
    let mut node = tree(text);
    apply(&mut node, path, Region::default(), tree(value)).map(|()| print(&node)).map_err(|error| error.message)
}

#[test]
fn overrides_reach_into_structs_maps_lists_and_options() {
    assert_eq!(put("(a: (b: 1))", "a.b", "2"), Ok("(a: (b: 2))".to_owned()));
    assert_eq!(put("{\"a\": X(b: 1)}", "a.b", "\"two\""), Ok("{\"a\": X(b: \"two\")}".to_owned()));
    assert_eq!(put("(a: [1, 2, 3])", "a.1", "9"), Ok("(a: [1, 9, 3])".to_owned()));
    assert_eq!(put("(a: Some(X(b: 1)))", "a.b", "2"), Ok("(a: Some(X(b: 2)))".to_owned()));
    // A field at its default is added, also to a name without parentheses.
    assert_eq!(put("(a: X)", "a.b", "2"), Ok("(a: X(b: 2))".to_owned()));
    assert_eq!(put("(a: X(c: 1))", "a.b", "2"), Ok("(a: X(c: 1, b: 2))".to_owned()));
    assert!(put("{\"a\": 1}", "b", "2").is_err());
    assert!(put("(a: 1)", "a.b.c", "2").is_err());
    assert!(put("(a: [1])", "a.7", "2").is_err());
}

record! {
    /// For these tests.
    pub struct Sample {
        /// First.
        pub first: u32,
        /// Second.
        pub second: String = "two".to_owned(),
        /// Third.
        pub third: Option<f64> = None,
    }
    check(self, at) {
        if self.first > 100 {
            at.field("first").error("too much");
        }
    }
}

fn sample(text: &str) -> Result<Sample, Vec<String>> {
    let mut reader = Reader::default();
    let value = Sample::decode(&tree(text), &mut reader);
    value.ok_or_else(|| reader.diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect())
}

#[test]
fn records_take_names_places_and_defaults() {
    let full = Sample { first: 1, second: "b".to_owned(), third: Some(2.5) };
    for text in ["(first: 1, second: \"b\", third: 2.5)", "Sample(1, \"b\", 2.5)", "(1, \"b\", third: Some(2.5))"] {
        assert_eq!(sample(text), Ok(full.clone()), "{text}");
    }
    assert_eq!(sample("(7)"), Ok(Sample { first: 7, second: "two".to_owned(), third: None }));
}

#[test]
fn records_report_every_field_that_is_wrong() {
    assert_eq!(sample("(first: -1, second: 2, thrid: 1)").expect_err("wrong").len(), 3);
    assert_eq!(sample("()").expect_err("wrong"), ["this struct lacks the field `first`"]);
    assert_eq!(sample("(1, first: 2)").expect_err("wrong"), ["the field `first` is given twice"]);
    assert_eq!(sample("(1, \"a\", 2, 3)").expect_err("wrong"), ["4 values for 3 fields"]);
    assert_eq!(sample("(first: 101)").expect_err("wrong"), ["too much"]);
    assert_eq!(sample("Other(first: 1)").expect_err("wrong"), ["expected `Sample(...)`, found `Other(...)`"]);
}

#[test]
fn maps_keep_their_order_and_refuse_a_name_twice() {
    let mut reader = Reader::default();
    let map = Map::<u32>::decode(&tree("{\"z\": 1, \"a\": 2}"), &mut reader).expect("a map");
    assert_eq!(map.keys().collect::<Vec<_>>(), ["z", "a"]);
    assert!(Map::<u32>::decode(&tree("{\"z\": 1, \"z\": 2}"), &mut reader).is_none());
}

fn name() -> impl Strategy<Value = Name> {
    "[a-z_][a-z0-9_]{0,8}".prop_map(|text| Name { text, region: Region::default() })
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        "[A-Z][a-z0-9]{0,6}".prop_map(Kind::Word),
        any::<i64>().prop_map(|n| Kind::Number(n.to_string())),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(|x| Kind::Number(format!("{x:?}"))),
        any::<String>().prop_map(Kind::Text),
    ];
    let kind = leaf.prop_recursive(4, 40, 5, |inner| {
        let inner = inner.prop_map(Node::made);
        let fields = || prop::collection::vec((name(), inner.clone()), 1..5);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Kind::List),
            (prop::option::of(name()), prop::collection::vec(inner.clone(), 1..4))
                .prop_map(|(name, items)| Kind::Tuple(name, items)),
            (prop::option::of(name()), fields()).prop_map(|(name, fields)| Kind::Struct(name, fields)),
            fields().prop_map(Kind::Map),
        ]
    });
    kind.prop_map(Node::made)
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(node in node()) {
        let text = print(&node);
        let again = parse(0, &text);
        prop_assert!(again.is_ok(), "{}: {:?}", text, again);
        prop_assert_eq!(print(&again.expect("just seen")), text);
    }

    #[test]
    fn any_text_gives_a_tree_or_errors_with_places(text in any::<String>()) {
        let mut sources = Sources::default();
        let source = sources.add("any", text.clone());
        if let Err(errors) = parse(source, &text) {
            prop_assert!(!errors.is_empty());
            prop_assert!(!render(&errors, &sources).is_empty());
        }
    }

    #[test]
    fn text_that_is_nearly_ron_never_panics(text in "[A-Za-z0-9(){}\\[\\]:,\"'/*# .\\\\é-]{0,60}") {
        let mut sources = Sources::default();
        let source = sources.add("any", text.clone());
        if let Err(errors) = parse(source, &text) {
            prop_assert!(!render(&errors, &sources).is_empty());
        }
    }

    #[test]
    fn a_file_cut_anywhere_never_panics(cut in 0_usize..700) {
        let text = include_str!("../../experiments/failover.ron");
        let cut = (0..=cut.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let _ = parse(0, &text[..cut]);
    }
}

#[test]
fn a_map_finds_every_key_and_no_other() {
    let keys = [
        "",
        "a",
        "a\0",
        "a\0b",
        "web-node",
        "web-node1",
        "web-node10",
        "web-node2",
        "é",
        "日本語の名前",
        "n1",
        "n10",
        "n2",
    ];
    let entries: Vec<(Name, usize)> = keys
        .iter()
        .enumerate()
        .map(|(place, key)| (Name { text: (*key).to_owned(), region: Region::default() }, place))
        .collect();
    let map = Map::new(entries);
    for (place, key) in keys.iter().enumerate() {
        assert_eq!(map.position(key), Some(place), "{key:?}");
    }
    for key in ["b", "a\0\0", "web-nod", "web-node11", "n", "n100", "e"] {
        assert_eq!(map.position(key), None, "{key:?}");
    }
}
