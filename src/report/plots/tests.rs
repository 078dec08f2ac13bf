//! Every plot of every shape of results renders, the same each time.

use super::super::fixture::{Shape, make, results, shapes};
use super::*;
use crate::lab::results::Stability;

#[test]
fn every_plot_renders_to_svg() {
    for (name, mut results) in shapes() {
        // Plots of one kind are alike: two measures will do.
        results.cells.iter_mut().for_each(|cell| cell.estimates.retain(|estimate| estimate.id.contains("p99")));
        let plots = plots(&results);
        assert!(!plots.is_empty(), "{name}");
        for (k, plot) in plots.iter().enumerate() {
            assert!(plots[..k].iter().all(|other| other.name != plot.name), "{name}: {} twice", plot.name);
            assert!(plot.svg.len() > 1000 && plot.svg.len() < 4_000_000, "{name} {}: {}", plot.name, plot.svg.len());
            assert!(!plot.svg.contains("NaN") && !plot.svg.contains("inf"), "{name} {}", plot.name);
            // The parser is strict about XML; a missing font or a bad number would be an error or nothing drawn.
            let tree = usvg::Tree::from_str(&plot.svg, &letters::options()).unwrap();
            assert!(tree.root().has_children(), "{name} {}", plot.name);
        }
    }
}

#[test]
fn the_same_results_give_the_same_pictures() {
    assert_eq!(plots(&results()), plots(&results()));
}

#[test]
fn a_point_without_a_steady_state_is_marked_and_has_no_number() {
    let sweep = |results: &Results| {
        plots(results).into_iter().find(|plot| plot.name == "sweep-throughput").map(|plot| plot.svg).unwrap()
    };
    // The fixture keeps the throughput of its unstable cells. The first arm is drawn with discs, one of them beside its
    // name; it is stable at four of six points.
    let unsteady = sweep(&results());
    assert!(unsteady.contains("\nunstable\n"));
    assert_eq!(unsteady.matches("<circle").count(), 1 + 4);
    let mut calm = results();
    calm.cells.iter_mut().for_each(|cell| cell.stability = Stability::Stable);
    assert!(!sweep(&calm).contains("unstable"));
    assert_eq!(sweep(&calm).matches("<circle").count(), 1 + 6);
}

#[test]
fn what_says_nothing_has_no_picture() {
    let names = |results: &Results| plots(results).into_iter().map(|plot| plot.name).collect::<Vec<_>>();
    let mut results = make(&Shape { rates: vec![], ..Shape::default() });
    assert!(names(&results).contains(&"heat-web".to_owned()));
    for cell in &mut results.cells {
        // A balancer that passes on at once holds what the fleet holds; its copies are alike.
        let held = cell.series.iter().find(|series| series.node == "web" && series.quantity == "in_system").cloned();
        let held = held.unwrap_or_else(|| {
            let mut made = cell.series[0].clone();
            (made.node, made.quantity) = ("web".to_owned(), "in_system".to_owned());
            made
        });
        cell.series.retain(|series| series.node != "web" || series.quantity != "in_system");
        cell.series.push(held.clone());
        for (copy, factor) in [("gate", 1.0), ("lb[1]", 0.5), ("lb[2]", 0.5)] {
            let mut series = held.clone();
            series.node = copy.to_owned();
            series.mean.iter_mut().flatten().for_each(|mean| *mean *= factor);
            cell.series.push(series);
        }
        // Servers that are alike all the time make a map of one colour.
        cell.nodes.iter_mut().for_each(|node| node.heat.iter_mut().for_each(|row| row.fill(0.7)));
    }
    let names = names(&results);
    for name in ["timeline-gate", "timeline-lb-2", "heat-web"] {
        assert!(!names.contains(&name.to_owned()), "{name} in {names:?}");
    }
    for name in ["timeline-users", "timeline-web", "timeline-lb-1"] {
        assert!(names.contains(&name.to_owned()), "no {name} in {names:?}");
    }
}

#[test]
fn a_trouble_has_a_picture_and_is_tinted_on_every_timeline() {
    let storm = plots(&make(&Shape { rates: vec![], storm: true, ..Shape::default() }));
    let named = |name: &str| storm.iter().find(|plot| plot.name == name).unwrap_or_else(|| panic!("no {name}"));
    for name in ["recovery", "timeline-users", "timeline-web"] {
        assert!(named(name).svg.contains("#FCE8D5"), "{name}");
    }
    // The gauges of the fleet stand below the traffic of the clients.
    assert!(named("timeline-users").svg.contains("requests waiting at web"));
    assert!(named("timeline-users").svg.contains("dashed: throughput"));
    let calm = plots(&make(&Shape { rates: vec![], ..Shape::default() }));
    assert!(calm.iter().all(|plot| plot.name != "recovery" && !plot.svg.contains("#FCE8D5")));
}

#[test]
fn goodput_that_is_the_throughput_has_no_picture_of_its_own() {
    let has = |results: &Results| plots(results).iter().any(|plot| plot.name == "sweep-goodput");
    assert!(!has(&results()));
    assert!(has(&make(&Shape { storm: true, ..Shape::default() })));
}

#[test]
fn names_of_files_are_plain() {
    let mut results = results();
    for node in results.cells.iter_mut().flat_map(|cell| &mut cell.nodes).filter(|node| node.name == "web") {
        node.name = "a/b[2] ü".to_owned();
    }
    assert!(plots(&results).iter().any(|plot| plot.name == "heat-a-b-2"));
}

#[test]
fn results_without_cells_give_no_plots() {
    let mut results = results();
    results.cells.clear();
    assert!(plots(&results).is_empty());
}
