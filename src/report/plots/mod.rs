//! Pictures of results: one file a kind, one visual language.
//!
//! The same arm has the same colour in every plot, intervals are bands or bars, theory is dashed, and the footer tells how
//! to get the picture again. Coordinates use no function of the platform, so the SVG is the same text everywhere.

mod bars;
mod canvas;
mod frame;
mod heat;
pub(crate) mod letters;
mod recovery;
mod scale;
mod sweep;
mod tail;
mod theme;
mod timeline;

use crate::lab::results::{Cell, Results, Stability};

/// A plot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plot {
    /// Name of its file without the ending, unique among the plots of a run, for example "latency-tail".
    pub name: String,
    /// Its title.
    pub title: String,
    /// The picture as SVG, 900 pixels wide.
    pub svg: String,
}

/// All plots for which there is data, in the order in which they are best read.
///
/// ```
/// # let results = rushhour::lab::plan_text(r#"
/// #     System(nodes: {
/// #         "users": Clients(arrivals: Users(count: 5, think: Constant("1 s")), to: "web"),
/// #         "web": Fleet(service: Exponential(mean: "10 ms")),
/// #     })
/// # "#)?.run()?;
/// for plot in rushhour::report::plots(&results) {
///     assert!(plot.svg.starts_with("<svg"), "{}", plot.name);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn plots(results: &Results) -> Vec<Plot> {
    let mut plots: Vec<Plot> = Vec::new();
    plots.extend(bars::plot(results));
    plots.extend(sweep::plots(results));
    plots.extend(tail::plot(results));
    plots.extend(recovery::plot(results));
    plots.extend(timeline::plots(results));
    plots.extend(heat::plots(results));
    for k in 0..plots.len() {
        let name = file_name(&plots[k].name);
        let taken = |name: &str| plots[..k].iter().any(|plot| plot.name == name);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let free = [name.clone()].into_iter().chain(numbered).find(|name| !taken(name));
        plots[k].name = free.unwrap_or(name);
    }
    plots
}

/// The cells of the sweep point that stands for all where a plot has room for one: the most loaded (last) of those at which
/// the most arms are stable, among cells that have what is to be drawn. Empty if none has.
fn featured<'a>(results: &'a Results, has: impl Fn(&Cell) -> bool) -> Vec<&'a Cell> {
    let cells = |point: usize| -> Vec<&'a Cell> {
        (0..results.arms.len()).filter_map(|arm| results.cell(arm, point)).filter(|cell| has(cell)).collect()
    };
    let stable = |cells: &[&Cell]| cells.iter().filter(|cell| cell.stability == Stability::Stable).count();
    // Of equals, max_by_key takes the last.
    let all = (0..results.points()).map(cells);
    all.max_by_key(|cells| (stable(cells), cells.len())).unwrap_or_default()
}

/// Explains in a subtitle the dagger beside numbers; empty if all are settled.
fn unsettled(results: &Results) -> &'static str {
    let any = results.cells.iter().any(|cell| cell.stability.is_not_settled());
    if any { " · †: not settled" } else { "" }
}

/// A name that every file system takes: letters, digits, dots, and hyphens for all else. "lb[2]" becomes "lb-2".
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '_' { c } else { '-' };
    let name: String = name.chars().map(plain).take(80).collect();
    name.trim_end_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests;
