//! Every plot of every shape of results renders, the same each time.

use super::super::fixture::{Shape, make, results};
use super::*;
use crate::lab::results::Stability;

fn shapes() -> Vec<(&'static str, Results)> {
    let names = |count: usize| (0..count).map(|k| format!("arm number {k}")).collect::<Vec<_>>();
    let shape = Shape::default();
    let mut nothing = results();
    for cell in &mut nothing.cells {
        cell.estimates.iter_mut().for_each(|estimate| (estimate.value, estimate.half_width) = (None, None));
        cell.series.iter_mut().for_each(|series| series.mean.fill(None));
        cell.tail.clear();
        cell.theory = None;
    }
    let mut unstable = results();
    for cell in &mut unstable.cells {
        cell.stability = Stability::Overflow { limit: "10 million requests in flight".to_owned(), overloaded: None };
    }
    let mut categories = results();
    let labels =
        ["RoundRobin", "LeastConnections", "PowerOfChoices(d: 2)", "Random", "ConsistentHash(replicas: 160)", "x"];
    for (point, label) in categories.sweep.as_mut().unwrap().points.iter_mut().zip(labels) {
        (point.label, point.value) = (label.to_owned(), None);
    }
    let mut decades = results();
    for (k, cell) in decades.cells.iter_mut().enumerate() {
        let factor = libm::pow(10.0, (k as f64 - 9.0) * 2.0);
        for estimate in &mut cell.estimates {
            estimate.value = estimate.value.map(|value| value * factor);
        }
        cell.tail.iter_mut().for_each(|point| point.latency *= factor);
    }
    let long = [
        "an alternative whose name goes on for much longer than anyone would like it to (d = 2)",
        "b < c & \"d\"",
        "ζ µ é",
    ];
    vec![
        ("three-arms", results()),
        ("one-arm", make(&Shape { arms: vec!["system".to_owned()], ..shape.clone() })),
        ("twelve-arms", make(&Shape { arms: names(12), ..shape.clone() })),
        ("long-names", make(&Shape { arms: long.map(str::to_owned).into(), ..shape.clone() })),
        ("no-sweep", make(&Shape { rates: vec![], ..shape.clone() })),
        ("no-sweep-one-arm", make(&Shape { rates: vec![], arms: vec!["system".to_owned()], ..shape.clone() })),
        ("no-sweep-twelve-arms", make(&Shape { rates: vec![], arms: names(12), ..shape.clone() })),
        ("one-window", make(&Shape { windows: 1, ..shape.clone() })),
        ("no-windows", make(&Shape { windows: 0, ..shape.clone() })),
        ("storm", make(&Shape { rates: vec![], storm: true, ..shape.clone() })),
        ("storm-sweep", make(&Shape { storm: true, ..shape.clone() })),
        ("one-point", make(&Shape { rates: vec![700.0], ..shape.clone() })),
        ("huge-fleet", make(&Shape { servers: 64, windows: 256, ..shape })),
        ("nothing", nothing),
        ("unstable", unstable),
        ("categories", categories),
        ("decades", decades),
    ]
}

#[test]
fn every_plot_renders_to_svg_and_png() {
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
            let png = plot.png().unwrap();
            assert!(png.starts_with(b"\x89PNG") && png.len() > 5000, "{name} {}", plot.name);
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
    // The fixture keeps the throughput of its unstable cells. The first arm is drawn with discs, one of them beside its name;
    // it is stable at four of six points.
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

/// `cargo test --lib gallery -- --ignored` draws all shapes into the temporary folder of the system, to be looked at.
#[test]
#[ignore = "for the eye: writes pictures into the temporary folder"]
fn gallery() {
    for (name, results) in shapes() {
        let folder = std::env::temp_dir().join("rushhour-gallery").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        for plot in plots(&results) {
            std::fs::write(folder.join(format!("{}.svg", plot.name)), &plot.svg).unwrap();
            std::fs::write(folder.join(format!("{}.png", plot.name)), plot.png().unwrap()).unwrap();
        }
    }
}
