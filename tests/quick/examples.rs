//! The programs in `examples/`: each says of itself what must be true.

#[path = "../../examples/from_text.rs"]
mod from_text;
#[path = "../../examples/in_code.rs"]
mod in_code;
#[path = "../../examples/own_policy.rs"]
mod own_policy;
#[path = "../../examples/plot.rs"]
#[allow(dead_code, reason = "its `main` draws into a folder that the command line names")]
mod plot;
#[path = "../../examples/stepped.rs"]
mod stepped;

#[test]
fn from_text_runs() {
    from_text::main().expect("it runs");
}

#[test]
fn in_code_runs() {
    in_code::main().expect("it runs");
}

#[test]
fn own_policy_runs() {
    own_policy::main().expect("it runs");
}

#[test]
fn plot_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    plot::draw(folder.path()).expect("it runs");
    assert!(folder.path().join("latency-tail.svg").is_file());
}

#[test]
fn stepped_runs() {
    stepped::main().expect("it runs");
}
