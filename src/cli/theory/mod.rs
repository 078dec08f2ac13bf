//! `rushhour theory`: closed forms of queueing theory at the prompt.

mod answer;
mod classes;
mod models;
mod networks;
mod quantities;

use super::{End, complain, print};
use crate::stats::theory::TheoryError;
use answer::{Form, render};

/// Arguments of `theory`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  rushhour theory mm1 --rate 900/s --service \"1 ms\"\n  rushhour theory mmc --servers 8 --load 0.9 \
                  --service \"8 ms\"\n  rushhour theory erlang-b --servers 10 --offered 8\n  rushhour theory supermarket --choices 2 \
                  --load 0.9\n\nWithout --service, times are in mean services."
)]
pub struct Arguments {
    #[command(subcommand)]
    model: models::Model,
    /// Form of the answer on standard output
    #[arg(long, value_enum, default_value_t = Form::Table, global = true)]
    format: Form,
}

/// Prints the prediction of theory for a model; an error for a model without a steady state.
pub fn theory(arguments: &Arguments) -> End {
    match arguments.model.answer() {
        Ok(shown) => print(&render(&shown, arguments.format)),
        Err(why) => complain(&why),
    }
}

/// An error of theory as the command line says it.
fn say(error: TheoryError) -> String {
    error.to_string()
}
