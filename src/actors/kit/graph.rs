//! The graph of a system: which node sends requests to which. Reachability, cycles and depth, each in time proportional
//! to the number of nodes and routes, however many paths there are.

use super::facts::{Edge, Sends};
use crate::actors::NodeSpec;
use crate::schema::{Map, Name};

/// A way from a node to another.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// The place of the other.
    to: usize,
    /// Which edge of the node it is of, and which of its targets.
    named: (u32, u32),
    /// True if requests are passed on along it; false if it is for requests or commands of the node's own.
    passes_on: bool,
}

/// The edges of the graph, by the indices of the nodes in their map. Targets that do not exist are left out.
#[derive(Clone, Debug)]
pub struct Graph {
    /// For each node, where it sends to.
    ways: Vec<Vec<Way>>,
    /// For each node, the number of its strongly connected component: the nodes of a round have the same.
    components: Vec<usize>,
    /// All nodes; a component comes after all that it leads to, and its nodes are next to each other.
    order: Vec<usize>,
}

impl Graph {
    /// The graph of these nodes.
    #[must_use]
    pub fn of(nodes: &Map<NodeSpec>) -> Self {
        let of_edge = |(at, edge): (usize, Edge<'_>)| {
            let passes_on = matches!(edge.sends, Sends::Passes(_));
            let targets = edge.route.to.0.iter().enumerate();
            let way = |(target, name): (usize, &Name)| {
                Some(Way { to: nodes.position(&name.text)?, named: (at as u32, target as u32), passes_on })
            };
            targets.filter_map(way).collect::<Vec<_>>()
        };
        let ways = |node: &NodeSpec| node.edges().into_iter().enumerate().flat_map(of_edge).collect();
        let ways: Vec<Vec<Way>> = nodes.entries.iter().map(|(_, node)| ways(node)).collect();
        let (components, order) = components(&ways);
        Self { ways, components, order }
    }

    /// For each node, whether requests that are sent to one of `starts` reach it; the `starts` themselves are reached.
    #[must_use]
    pub fn reached(&self, starts: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut reached = vec![false; self.ways.len()];
        let mut waiting: Vec<usize> = starts.into_iter().collect();
        while let Some(place) = waiting.pop() {
            if !std::mem::replace(&mut reached[place], true) {
                waiting.extend(self.ways[place].iter().map(|way| way.to).filter(|&next| !reached[next]));
            }
        }
        reached
    }

    /// Every way on a cycle: from which node, and by which target of which of its edges.
    #[must_use]
    pub fn rounds(&self) -> Vec<(usize, (u32, u32))> {
        let Self { components, .. } = self;
        let round = |(from, ways): (usize, &Vec<Way>)| {
            let here = ways.iter().filter(|way| components[way.to] == components[from]);
            here.map(|way| (from, way.named)).collect::<Vec<_>>()
        };
        self.ways.iter().enumerate().flat_map(round).collect()
    }

    /// All nodes, each before the nodes that it sends to; nodes on a cycle are left out.
    #[must_use]
    pub fn in_order(&self) -> Vec<usize> {
        let mut before = vec![0; self.ways.len()];
        self.ways.iter().flatten().for_each(|way| before[way.to] += 1);
        let mut order: Vec<usize> = (0..before.len()).filter(|&place| before[place] == 0).collect();
        let mut at = 0;
        while let Some(&place) = order.get(at) {
            at += 1;
            for way in &self.ways[place] {
                before[way.to] -= 1;
                if before[way.to] == 0 {
                    order.push(way.to);
                }
            }
        }
        order
    }

    /// All nodes, each after the nodes that it sends to; nodes on a cycle are adjacent.
    #[must_use]
    pub fn behind_first(&self) -> &[usize] {
        &self.order
    }

    /// For each node, the most stops on the return path of a request that the node makes or that is sent to it: all
    /// nodes that pass it on, and both ends. A node that answers with requests of its own starts a new path. Nodes on a
    /// cycle count once.
    #[must_use]
    pub fn stops(&self) -> Vec<usize> {
        let passed = self.longest_along(|way| way.passes_on, |_| 1);
        let made = |(place, ways): (usize, &Vec<Way>)| {
            let own = ways.iter().filter(|way| !way.passes_on).map(|way| passed[way.to].saturating_add(1));
            own.fold(passed[place], u64::max) as usize
        };
        self.ways.iter().enumerate().map(made).collect()
    }

    /// The largest sum of `length` over the nodes that a request passes which is sent to each node, itself included. Nodes
    /// on a round are taken one by one.
    #[must_use]
    pub fn longest(&self, length: impl Fn(usize) -> u64) -> Vec<u64> {
        self.longest_along(|_| true, length)
    }

    fn longest_along(&self, goes: impl Fn(&Way) -> bool, length: impl Fn(usize) -> u64) -> Vec<u64> {
        let Self { components, order, .. } = self;
        let mut longest = vec![0; self.ways.len()];
        // The nodes behind a node come before it in this order.
        for &place in order {
            let ways = self.ways[place].iter().filter(|way| goes(way) && components[way.to] != components[place]);
            let behind = ways.map(|way| longest[way.to]).max().unwrap_or(0);
            longest[place] = length(place).saturating_add(behind);
        }
        longest
    }

    /// For each node, how many of `starts`, no two of which are the same, send requests that come to it.
    #[must_use]
    pub fn origins(&self, starts: &[usize]) -> Vec<u64> {
        let Self { components, order, .. } = self;
        let mut origins = vec![0; self.ways.len()];
        // A bit for each of 64 starts at a time.
        for some in starts.chunks(64) {
            let mut from = vec![0_u64; self.ways.len()];
            some.iter().enumerate().for_each(|(bit, &start)| from[start] |= 1 << bit);
            // A node comes before the nodes behind it, and the nodes of a cycle share the value that arrives at any of
            // them.
            for round in order.chunk_by(|&a, &b| components[a] == components[b]).rev() {
                let all = round.iter().fold(0, |all, &place| all | from[place]);
                for &place in round {
                    from[place] = all;
                    self.ways[place].iter().for_each(|way| from[way.to] |= all);
                }
            }
            origins.iter_mut().zip(&from).for_each(|(count, from)| *count += u64::from(from.count_ones()));
        }
        origins
    }
}

/// For each node the number of its strongly connected component, and all nodes in an order in which a component comes
/// after all that it leads to. Tarjan (1972), without recursion.
fn components(ways: &[Vec<Way>]) -> (Vec<usize>, Vec<usize>) {
    const NONE: usize = usize::MAX;
    let count = ways.len();
    let (mut seen, mut low, mut component) = (vec![NONE; count], vec![0; count], vec![NONE; count]);
    let (mut open, mut order, mut number, mut components) = (Vec::new(), Vec::new(), 0, 0);
    // Nodes whose ways are being followed, each with the way that comes next.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for root in 0..count {
        if seen[root] == NONE {
            path.push((root, 0));
        }
        while let Some((place, way)) = path.pop() {
            if way == 0 {
                (seen[place], low[place]) = (number, number);
                number += 1;
                open.push(place);
            }
            if let Some(&Way { to: next, .. }) = ways[place].get(way) {
                path.push((place, way + 1));
                if seen[next] == NONE {
                    path.push((next, 0));
                } else if component[next] == NONE {
                    low[place] = low[place].min(seen[next]);
                }
                continue;
            }
            if low[place] == seen[place] {
                while let Some(member) = open.pop() {
                    component[member] = components;
                    order.push(member);
                    if member == place {
                        break;
                    }
                }
                components += 1;
            }
            if let Some(&(parent, _)) = path.last() {
                low[parent] = low[parent].min(low[place]);
            }
        }
    }
    (component, order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::System;
    use crate::schema::{Decode, Reader, parse};

    /// A system of balancers, each with the names it sends to.
    fn system(ways: &[(&str, &[&str])]) -> System {
        let node = |(name, to): &(&str, &[&str])| match to {
            [] => format!("\"{name}\": Fleet(service: Constant(\"1 ms\"))"),
            _ => format!("\"{name}\": Balancer(policy: Random, to: {to:?})"),
        };
        let text = format!("System(nodes: {{{}}})", ways.iter().map(node).collect::<Vec<_>>().join(", "));
        let mut reader = Reader::default();
        System::decode(&parse(0, &text).expect("RON"), &mut reader)
            .unwrap_or_else(|| panic!("{:?}", reader.diagnostics))
    }

    #[test]
    fn depth_is_that_of_the_longest_way() {
        let system = system(&[("a", &["b", "d"]), ("b", &["c"]), ("c", &["d"]), ("d", &[])]);
        assert_eq!(Graph::of(&system.nodes).stops(), [4, 3, 2, 1]);
    }

    #[test]
    fn who_makes_requests_of_its_own_begins_a_new_way_back() {
        let text = r#"System(nodes: {
            "users": Clients(arrivals: Poisson(rate: "1/s"), to: "a"),
            "a": Balancer(policy: Random, to: "fallback"),
            "fallback": Fallback(to: "b", answers: [Smaller(to: "small")]),
            "b": Delay(there: Constant("1 ms"), to: "web"),
            "small": Fleet(service: Constant("1 ms")),
            "web": Fleet(service: Constant("1 ms")),
        })"#;
        let mut reader = Reader::default();
        let system = System::decode(&parse(0, text).expect("RON"), &mut reader)
            .unwrap_or_else(|| panic!("{:?}", reader.diagnostics));
        let graph = Graph::of(&system.nodes);
        assert_eq!(graph.stops(), [3, 2, 3, 2, 1, 1]);
        assert_eq!(graph.longest(|_| 1), [5, 4, 3, 2, 1, 1]);
    }

    #[test]
    fn rounds_are_found_and_nothing_else() {
        let system = system(&[("a", &["b", "e"]), ("b", &["c"]), ("c", &["a", "d"]), ("d", &["d", "e"]), ("e", &[])]);
        let graph = Graph::of(&system.nodes);
        assert_eq!(graph.rounds(), [(0, (0, 0)), (1, (0, 0)), (2, (0, 0)), (3, (0, 0))]);
        assert_eq!(graph.reached([3]), [false, false, false, true, true]);
        assert_eq!(graph.origins(&[0, 2, 3]), [2, 2, 2, 3, 3]);
        assert_eq!(graph.origins(&[4]), [0, 0, 0, 0, 1]);
    }

    #[test]
    fn origins_are_counted_beyond_a_machine_word() {
        let names: Vec<String> = (0..150).map(|place| format!("n{place}")).collect();
        let ways: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &["web"][..])).collect();
        let system = system(&[&ways[..], &[("web", &[])]].concat());
        let starts: Vec<usize> = (0..150).collect();
        let origins = Graph::of(&system.nodes).origins(&starts);
        assert!(origins[150] == 150 && origins[..150].iter().all(|&count| count == 1), "{origins:?}");
    }

    #[test]
    fn the_longest_way_need_not_be_that_of_most_nodes() {
        let system = system(&[("a", &["b", "d"]), ("b", &["c"]), ("c", &[]), ("d", &[])]);
        assert_eq!(Graph::of(&system.nodes).longest(|place| [1, 1, 1, 5][place]), [6, 2, 1, 5]);
    }

    #[test]
    fn a_mesh_takes_no_longer_than_its_routes() {
        // Twenty tiers of six have 6^20 ways through them.
        let name = |tier: usize, place: usize| format!("t{tier}-{place}");
        let tiers: Vec<(String, Vec<String>)> = (0..20)
            .flat_map(|tier| (0..6).map(move |place| (tier, place)))
            .map(|(tier, place)| {
                let next = if tier < 19 { (0..6).map(|other| name(tier + 1, other)).collect() } else { Vec::new() };
                (name(tier, place), next)
            })
            .collect();
        let tiers: Vec<(&str, Vec<&str>)> =
            tiers.iter().map(|(name, to)| (name.as_str(), to.iter().map(String::as_str).collect())).collect();
        let ways: Vec<(&str, &[&str])> = tiers.iter().map(|(name, to)| (*name, &to[..])).collect();
        let system = system(&ways);
        assert_eq!(Graph::of(&system.nodes).stops()[0], 20);
    }
}
