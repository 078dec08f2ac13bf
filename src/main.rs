//! The `rushhour` command: hands its arguments to [`rushhour::cli`].

fn main() -> std::process::ExitCode {
    rushhour::cli::main()
}
