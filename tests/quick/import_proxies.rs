//! Configurations of real proxies as models: what comes of realistic files, and what is refused.

use std::path::Path;

use crate::place::Place;
use crate::program::run;

const FOLDER: &str = "tests/configurations";

#[test]
fn realistic_configurations_become_models_with_all_else_listed() {
    let files = [
        ("nginx", "shop.nginx.conf"),
        ("nginx", "split.nginx.conf"),
        ("nginx", "conf.d/php.conf"),
        ("haproxy", "site.haproxy.cfg"),
        ("haproxy", "small.haproxy.cfg"),
    ];
    let place = Place::new();
    for (program, file) in files {
        let name = file.replace('/', "-");
        let (code, model, notes) = run(&["import", program, &format!("{FOLDER}/{file}")]);
        assert_eq!(code, Some(0), "{file}: {notes}");
        let file_of_model = format!("{name}.ron");
        insta::assert_snapshot!(name, format!("{model}\n---- notes\n{notes}"));
        let path = place.argument(&file_of_model);
        let (code, out, _) = run(&["import", program, &format!("{FOLDER}/{file}"), "--model-out", &path]);
        assert_eq!((code, out.as_str()), (Some(0), ""), "{file}");
        assert_eq!(place.read(&file_of_model), model.as_bytes(), "{file}");
        assert_eq!(run(&["check", &path]).0, Some(0), "{file}");
        // It is a file of its own now: not written over.
        assert_eq!(run(&["import", program, &format!("{FOLDER}/{file}"), "--model-out", &path]).0, Some(2));
    }
}

#[test]
fn an_imported_model_runs() {
    let place = Place::new();
    let model = place.argument("shop.ron");
    let import = ["import", "nginx", &format!("{FOLDER}/shop.nginx.conf"), "--model-out", &model];
    for arguments in [&import[..], &["run", "--quick", &model, "--out", &place.argument("out")]] {
        let (code, _, err) = run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {err}");
    }
}

/// What is said of a file that cannot be used.
fn refused(program: &str, name: &str, bytes: &[u8]) -> String {
    let place = Place::new();
    let (code, out, err) = run(&["import", program, &place.write(name, bytes)]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{name}: {err}");
    assert!(err.len() < 2000, "{name}: {} bytes of an error", err.len());
    err.replace(&place.folder().display().to_string(), "[folder]")
}

#[test]
fn bad_configurations_are_refused_with_a_clear_message() {
    let nginx: &[(&str, &[u8])] = &[
        ("empty.conf", b""),
        ("only-comment.conf", b"# upstream a { server b; }\n"),
        ("no-upstream.conf", b"http { server { listen 80; return 404; } }\n"),
        ("no-servers.conf", b"upstream a { least_conn; }\n"),
        ("all-down.conf", b"upstream a { server b down; }\n"),
        ("never-closed.conf", b"http {\n    upstream a {\n        server b;\n"),
        ("closed-twice.conf", b"upstream a { server b; }\n}\n"),
        ("no-semicolon.conf", b"upstream a {\n    server b\n}\n"),
        ("ends-early.conf", b"upstream a { server b; }\nworker_processes"),
        ("open-quote.conf", b"upstream a {\n    server \"b;\n}\n"),
        ("behind-quote.conf", b"upstream a {\n    server \"b\"c;\n}\n"),
        ("stray-semicolon.conf", b"upstream a {;}\n"),
        ("stray-brace.conf", b"{ server a; }\n"),
        ("binary.conf", b"upstream\x00\x01\x02\xff"),
        ("includes-itself.conf", b"upstream a { server b; }\ninclude includes-itself.conf;\n"),
        ("include-two.conf", b"include a b;\n"),
    ];
    let haproxy: &[(&str, &[u8])] = &[
        ("empty.cfg", b""),
        ("no-section.cfg", b"# nothing\nserver a 127.0.0.1:80\n"),
        ("no-servers.cfg", b"backend a\n    balance leastconn\n"),
        ("only-frontend.cfg", b"frontend a\n    default_backend b\n"),
        ("open-quote.cfg", b"backend a\n    server 'b 127.0.0.1:80\n"),
        ("cut-escape.cfg", b"backend a\n    server b 127.0.0.1:80 \\\n"),
        ("bad-escape.cfg", b"backend a\n    server b\\xZZ 127.0.0.1:80\n"),
        ("binary.cfg", b"backend a\n\x00"),
    ];
    let mut all = String::new();
    for (program, files) in [("nginx", nginx), ("haproxy", haproxy)] {
        for (name, bytes) in files {
            all.push_str(&format!("{program} {name}\n{}\n", refused(program, name, bytes)));
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = [b"a {".repeat(100_000), b"}".repeat(100_000)].concat();
    assert!(refused("nginx", "deep.conf", &deep).contains("stand in each other"));
    let long = b"x".repeat(100_000_000);
    assert!(refused("nginx", "long.conf", &long).contains("MiB"));
    assert!(refused("haproxy", "long.cfg", &long).contains("MiB"));
    let line = b"server_name ".iter().copied().chain(b"x".repeat(10_000_000)).collect::<Vec<u8>>();
    assert!(refused("nginx", "line.conf", &line).contains("the file ends"));
    let upstreams = (0..20_000).map(|n| format!("upstream u{n} {{ server s; }}\n")).collect::<String>();
    let servers =
        (0..2000).map(|n| format!("backend b{n}\nserver-template s 10000 a:1\ntimeout check 1s\n")).collect::<String>();
    let place = Place::new();
    for (program, text) in [("nginx", &upstreams), ("haproxy", &servers)] {
        let (code, _, err) = run(&["import", program, &place.write(program, text)]);
        assert!(code == Some(0) && err.contains("left out"), "{program}: {code:?}");
    }
    let many = b"backend a\n".repeat(1_000_000);
    assert!(refused("haproxy", "many.cfg", &many).contains("nothing to balance"));
}

#[test]
fn files_that_include_each_other_are_refused() {
    let place = Place::new();
    place.write("b.conf", "include c.d/*.conf;\n");
    place.write("c.d/c.conf", "include a.conf;\n");
    let first = place.write("a.conf", "upstream u { server s; }\ninclude b.conf;\n");
    let (code, _, err) = run(&["import", "nginx", &first]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("files include each other") && err.contains("c.conf:1"), "{err}");
}

#[test]
fn folders_and_missing_files_are_refused() {
    for program in ["nginx", "haproxy"] {
        for path in ["src", "no/such/file.conf", ""] {
            let (code, _, err) = run(&["import", program, path]);
            assert_eq!(code, Some(2), "{program} {path:?}");
            assert!(err.starts_with("error: "), "{program} {path:?}: {err}");
        }
    }
    assert!(Path::new(FOLDER).exists());
}
