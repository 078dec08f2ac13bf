//! Properties of the import of any configuration.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::actors::balancer::{BalancerSpec, Policy};
use crate::actors::fleet::FleetSpec;
use crate::model::{Blueprint, NodeSpec, check};
use crate::schema::{Decode, Reader, parse};

/// Files by name.
#[derive(Default)]
struct Memory(BTreeMap<String, Vec<u8>>);

impl Memory {
    fn of(text: &str) -> Self {
        Self([("main".to_owned(), text.as_bytes().to_vec())].into())
    }
}

impl Texts for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).cloned().ok_or_else(|| "there is no such file".to_owned())
    }

    fn named(&self, pattern: &str, _main: &str) -> Result<Vec<String>, String> {
        match pattern.strip_suffix('*') {
            None => Ok(vec![pattern.to_owned()]),
            Some(beginning) => Ok(self.0.keys().filter(|name| name.starts_with(beginning)).cloned().collect()),
        }
    }
}

fn nginx(text: &str) -> Imported {
    nginx::import(&Memory::of(text), "main").unwrap_or_else(|problem| panic!("{problem}"))
}

fn haproxy(text: &str) -> Imported {
    haproxy::import(&Memory::of(text), "main").unwrap_or_else(|problem| panic!("{problem}"))
}

fn balancer<'a>(imported: &'a Imported, name: &str) -> &'a BalancerSpec {
    match imported.system.nodes.get(name) {
        Some(NodeSpec::Balancer(balancer)) => balancer,
        other => panic!("{name} is {other:?}"),
    }
}

fn fleet<'a>(imported: &'a Imported, name: &str) -> &'a FleetSpec {
    match imported.system.nodes.get(name) {
        Some(NodeSpec::Fleet(fleet)) => fleet,
        other => panic!("{name} is {other:?}"),
    }
}

/// The text is the system, and the system has no mistakes.
fn is_sound(imported: &Imported) {
    let node = parse(0, &imported.text).unwrap_or_else(|wrong| panic!("{wrong:?}\n{}", imported.text));
    let read = System::decode(&node, &mut Reader::default()).expect("the text is a system");
    assert_eq!(read, imported.system);
    assert_eq!(check(&Blueprint::of(read)), []);
}

/// Lines of which something has become.
fn accounted(report: &Report) -> BTreeSet<At> {
    let notes = report.notes.iter().map(|note| note.at);
    report.used.iter().copied().chain(notes).chain(report.aside.values().flatten().copied()).collect()
}

#[test]
fn methods_of_nginx_become_policies() {
    for (method, policy) in [
        ("", "WeightedRoundRobin"),
        ("least_conn;", "LeastConnections(ties: InTurn)"),
        ("ip_hash;", "IpHash"),
        ("random;", "Random"),
        ("random two;", "PowerOfChoices(d: 2)"),
        ("random two least_conn;", "PowerOfChoices(d: 2)"),
    ] {
        let imported = nginx(&format!("upstream u {{ {method} server 10.0.0.1; server 10.0.0.2; }}"));
        let found = crate::schema::print(&crate::schema::Encode::encode(&balancer(&imported, "u").policy));
        assert_eq!(found, policy, "{method}");
    }
    let weighted = nginx("upstream u { server a weight=5; server b; server c; }");
    assert!(matches!(balancer(&weighted, "u").policy, Policy::WeightedRoundRobin(_)));
    assert_eq!(fleet(&weighted, "u-servers").weights, [5, 1, 1]);
    let ties =
        |imported: &Imported| crate::schema::print(&crate::schema::Encode::encode(&balancer(imported, "u").policy));
    let weighted = nginx("upstream u { least_conn; server a weight=5; server b; }");
    assert!(ties(&weighted).contains("ties: Weighted"), "{}", ties(&weighted));
    let weighted = haproxy("backend u\nbalance leastconn\nserver a 1 weight 5\nserver b 2\n");
    assert!(ties(&weighted).contains("ties: IdleFirst"), "{}", ties(&weighted));
}

#[test]
fn methods_of_haproxy_become_policies() {
    for (method, policy) in [
        ("", "RoundRobin(start: First)"),
        ("balance static-rr", "RoundRobin(start: First)"),
        ("balance leastconn", "LeastConnections(ties: InTurn)"),
        ("balance random", "PowerOfChoices(d: 2)"),
        ("balance random(3)", "PowerOfChoices(d: 3)"),
        ("balance random(1)", "Random"),
    ] {
        let imported = haproxy(&format!("backend u\n{method}\nserver a 10.0.0.1\nserver b 10.0.0.2\n"));
        let found = crate::schema::print(&crate::schema::Encode::encode(&balancer(&imported, "u").policy));
        assert_eq!(found, policy, "{method}");
    }
}

/// HAProxy queues above `maxconn`, for `timeout queue`, or for `timeout connect` where that is not said.
#[test]
fn maxconn_of_haproxy_is_a_limit_at_which_requests_wait() {
    let text = |timeouts: &str, parameters: &str| {
        format!("defaults\nmode http\n{timeouts}\nbackend u\nserver a 1 maxconn 2 {parameters}\nserver b 2 maxconn 2\n")
    };
    let queue = |imported: &Imported| balancer(imported, "u").queue.clone().expect("a queue");
    let seconds = |imported: &Imported| queue(imported).timeout.map(crate::schema::quantity::Span::seconds);
    let imported = haproxy(&text("timeout queue 30s\ntimeout connect 5s", ""));
    assert_eq!(fleet(&imported, "u-servers").max_connections, [2, 2]);
    assert_eq!((seconds(&imported), queue(&imported).per_server), (Some(30.0), None));
    assert!(!imported.report.notes.iter().any(|note| note.message.contains("queue")), "{:?}", imported.report.notes);
    let imported = haproxy(&text("timeout connect 5s", "maxqueue 7"));
    assert_eq!((seconds(&imported), queue(&imported).per_server), (Some(5.0), Some(7)));
    assert!(imported.report.notes.iter().any(|note| note.message.contains("maxqueue")), "{:?}", imported.report.notes);
    assert_eq!(seconds(&haproxy(&text("", ""))), None);
    // Without a limit no request waits, and nginx rejects a request that no server may take.
    assert_eq!(balancer(&haproxy("backend u\ntimeout queue 3s\nserver a 1\n"), "u").queue, None);
    assert_eq!(balancer(&nginx("upstream u { server a max_conns=3; }"), "u").queue, None);
}

#[test]
fn settings_are_inherited_and_the_nearest_counts() {
    let text = "http { proxy_read_timeout 9s; upstream u { server a:1; } upstream v { server b:1; }
        server { location / { proxy_pass http://u; } location /v { proxy_read_timeout 2s; proxy_pass http://v/; } } }";
    let imported = nginx(text);
    let timeout = |name: &str| balancer(&imported, name).timeout.map(crate::schema::quantity::Span::seconds);
    assert_eq!((timeout("u"), timeout("v")), (Some(9.0), Some(2.0)));
    let text = "defaults\ntimeout server 9s\nbackend u\nserver a 1\nbackend v\ntimeout server 2000\nserver a 1\n
        defaults\nbackend w\nserver a 1";
    let imported = haproxy(text);
    let timeout = |name: &str| match imported.system.nodes.get(name) {
        Some(NodeSpec::Clients(clients)) => clients.timeout.map(crate::schema::quantity::Span::seconds),
        other => panic!("{other:?}"),
    };
    assert_eq!((timeout("u-clients"), timeout("v-clients"), timeout("w-clients")), (Some(9.0), Some(2.0), None));
}

#[test]
fn worker_processes_without_a_zone_are_copies() {
    let text = "worker_processes 4; upstream u { server a; } upstream v { zone v 64k; server a; }";
    let imported = nginx(text);
    assert_eq!((balancer(&imported, "u").copies, balancer(&imported, "v").copies), (4, 1));
}

#[test]
fn included_files_stand_in_their_place() {
    let files = [
        ("main", "http { include sites/*; server { location / { proxy_pass http://u; } } }"),
        ("sites/a", "upstream u {\n include servers;\n }"),
        ("servers", "server a;\nserver b weight=2;\nserver c nonsense;"),
    ];
    let files = Memory(files.into_iter().map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).collect());
    let imported = nginx::import(&files, "main").expect("well formed");
    assert_eq!(fleet(&imported, "u-servers").weights, [1, 2, 1]);
    assert!(imported.report.to_string().contains("servers:3: not understood: the parameter `nonsense`"));
    is_sound(&imported);
}

/// Words that mean something to the reader of nginx.
fn nginx_word() -> impl Strategy<Value = String> {
    let words = [
        "http",
        "stream",
        "server",
        "location",
        "upstream",
        "u",
        "v",
        "/",
        "10.0.0.1:80",
        "weight=2",
        "weight=0",
        "backup",
        "down",
        "max_fails=3",
        "fail_timeout=5s",
        "max_conns=9",
        "slow_start=1m",
        "least_conn",
        "ip_hash",
        "hash",
        "$remote_addr",
        "$x",
        "consistent",
        "random",
        "two",
        "least_time",
        "zone",
        "keepalive",
        "proxy_pass",
        "http://u",
        "http://v:8/x",
        "http://$x",
        "unix:/s",
        "proxy_next_upstream",
        "error",
        "timeout",
        "off",
        "proxy_read_timeout",
        "5s",
        "types",
        "map",
        "if",
        "worker_processes",
        "3",
        "health_check",
        "include",
        "main",
        "none*",
        "a_by_lua_block",
        "'q r'",
        "\"",
        "\\",
        "#",
        "é",
        "\u{7}",
    ];
    prop_oneof![12 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

/// Words that mean something to the reader of HAProxy.
fn haproxy_word() -> impl Strategy<Value = String> {
    let words = [
        "global",
        "defaults",
        "frontend",
        "backend",
        "listen",
        "peers",
        "from",
        "d",
        "u",
        "v",
        "server",
        "server-template",
        "default-server",
        "a",
        "b",
        "10.0.0.1:80",
        "3",
        "1-4",
        "weight",
        "0",
        "256",
        "257",
        "maxconn",
        "check",
        "inter",
        "2s",
        "fall",
        "rise",
        "backup",
        "disabled",
        "slowstart",
        "balance",
        "roundrobin",
        "leastconn",
        "source",
        "first",
        "uri",
        "random(2)",
        "random(",
        "hash-type",
        "consistent",
        "hash-balance-factor",
        "150",
        "option",
        "redispatch",
        "allbackups",
        "no",
        "retries",
        "retry-on",
        "500",
        "none",
        "timeout",
        "server",
        "check",
        "mode",
        "tcp",
        "http",
        "default_backend",
        "use_backend",
        "if",
        "%[x]",
        "cookie",
        "\"$X\"",
        "'",
        "\\",
        "\\x41",
        "#",
        ".if",
        "é",
        "\u{7}",
    ];
    prop_oneof![12 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

/// Directives of a tree whose lines must be accounted for.
fn lines(directives: &[nginx::AnyDirective], into: &mut Vec<At>) {
    for directive in directives {
        into.push(directive.at);
        if !["types", "map", "geo", "split_clients", "match", "charset_map"].contains(&directive.name.as_str()) {
            lines(directive.inside(), into);
        }
    }
}

fn directive() -> impl Strategy<Value = String> {
    let leaf = proptest::collection::vec(nginx_word(), 1..5).prop_map(|words| format!("{};\n", words.join(" ")));
    leaf.prop_recursive(4, 24, 5, |inner| {
        (proptest::collection::vec(nginx_word(), 1..3), proptest::collection::vec(inner, 0..5))
            .prop_map(|(words, inside)| format!("{} {{\n{}}}\n", words.join(" "), inside.concat()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_stream_of_tokens_panics(
        words in proptest::collection::vec(
            prop_oneof![3 => nginx_word(), 1 => proptest::sample::select(vec![";", "{", "}", "\n"]).prop_map(str::to_owned)],
            0..60,
        ),
        lines in proptest::collection::vec(proptest::collection::vec(haproxy_word(), 0..7), 0..25),
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let text = words.join(" ");
        if let Ok(imported) = nginx::import(&Memory::of(&text), "main") {
            is_sound(&imported);
        }
        let text = lines.iter().map(|words| words.join(" ") + "\n").collect::<String>();
        if let Ok(imported) = haproxy::import(&Memory::of(&text), "main") {
            is_sound(&imported);
        }
        let files = Memory([("main".to_owned(), bytes)].into());
        let _ = nginx::import(&files, "main");
        let _ = haproxy::import(&files, "main");
    }

    #[test]
    fn every_directive_of_nginx_is_accounted_for(directives in proptest::collection::vec(directive(), 0..8)) {
        let text = format!("upstream sure {{\nserver s;\n}}\n{}", directives.concat());
        let files = Memory::of(&text);
        if let Ok(imported) = nginx::import(&files, "main") {
            is_sound(&imported);
            let mut all = Vec::new();
            let tree = nginx::read_tree(&files, "main", &mut Report::default()).expect("read before");
            lines(&tree, &mut all);
            let accounted = accounted(&imported.report);
            for at in all {
                prop_assert!(accounted.contains(&at), "line {} of\n{text}\n{}", at.line, imported.report);
            }
        }
    }

    #[test]
    fn every_line_of_haproxy_is_accounted_for(
        lines in proptest::collection::vec(proptest::collection::vec(haproxy_word(), 0..7), 0..25),
    ) {
        let lines = lines.iter().map(|words| words.join(" ") + "\n").collect::<String>();
        let text = format!("backend sure\nserver s 10.0.0.1\n{lines}");
        if let Ok(imported) = haproxy::import(&Memory::of(&text), "main") {
            is_sound(&imported);
            let accounted = accounted(&imported.report);
            for (line, words) in (1..).zip(text.split('\n')) {
                let blank = haproxy::words(words).is_ok_and(|words| words.words.is_empty());
                let at = At { file: 0, line };
                prop_assert!(blank || accounted.contains(&at), "line {line} of\n{text}\n{}", imported.report);
            }
        }
    }

    #[test]
    fn every_unknown_directive_of_an_upstream_is_listed(
        unknown in "[a-z]{3,8}_[a-z]{3,8}_x",
        before in 0_usize..5,
        arguments in proptest::collection::vec("[a-z0-9=]{1,5}", 0..3),
    ) {
        let arguments = arguments.join(" ");
        let servers = "server 10.0.0.1;\n".repeat(before);
        let imported = nginx(&format!("upstream u {{\n{servers}{unknown} {arguments};\nserver 10.0.0.2;\n}}"));
        let line = before as u32 + 2;
        let listed = |report: &Report| {
            let mut notes = report.notes_at(At { file: 0, line });
            notes.any(|note| note.why == Why::NotUnderstood && note.message.contains(&unknown))
        };
        prop_assert!(listed(&imported.report));
        let expected = format!("main:{line}: not understood: `{unknown}`");
        prop_assert!(imported.report.to_string().contains(&expected));
        let servers: String = (0..before).map(|n| format!("server s{n} 10.0.0.1\n")).collect();
        let imported = haproxy(&format!("backend u\n{servers}{unknown} {arguments}\nserver a 10.0.0.2\n"));
        prop_assert!(listed(&imported.report));
        let imported = nginx(&format!("upstream u {{\nserver a\n  {unknown}; }}"));
        prop_assert!(imported.report.to_string().contains(&unknown));
    }
}
