//! Routes, as written in the language: where a node sends requests, and over what network.

use crate::distributions::Distribution;
use crate::schema::{Body, Decode, Encode, Fills, Kind, Name, Node, Reader, Region, choice, record};

record! {
    /// A random copy for each request.
    pub struct AtRandom {}
}

record! {
    /// Each copy in turn.
    pub struct InTurn {}
}

record! {
    /// Always the same copy for the same client.
    pub struct PerClient {}
}

choice! {
    /// Which of several copies of a node a request goes to.
    pub enum Spread {
        Random(AtRandom),
        RoundRobin(InTurn),
        ByClient(PerClient),
    }
}

/// One name or several.
#[derive(Clone, Debug)]
pub struct Targets(pub Vec<Name>);

impl PartialEq for Targets {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().map(|name| &name.text).eq(other.0.iter().map(|name| &name.text))
    }
}

impl Decode for Targets {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Text(text) => Some(Self(vec![Name { text: text.clone(), region: node.region }])),
            Kind::List(items) if !items.is_empty() => {
                let names = items
                    .iter()
                    .map(|item| String::decode(item, reader).map(|text| Name { text, region: item.region }));
                let names: Vec<Option<Name>> = names.collect();
                names.into_iter().collect::<Option<_>>().map(Self)
            }
            _ => {
                reader.expected(node, "the name of a node in quotes, or a list of names");
                None
            }
        }
    }
}

impl Encode for Targets {
    fn encode(&self) -> Node {
        match &self.0[..] {
            [one] => one.text.encode(),
            many => many.iter().map(|name| name.text.clone()).collect::<Vec<_>>().encode(),
        }
    }
}

record! {
    /// Where requests go, and the network on the way. A bare name is a route without delay.
    pub struct Route {
        /// The node, or several.
        pub to: Targets,
        /// One-way delay of the network, drawn for each request and for each answer.
        pub delay: Option<Distribution> = None,
        /// Which of several copies of the node a request goes to.
        pub spread: Spread = Spread::Random(AtRandom {}),
    }
}

/// A route that may be written as a bare name or list of names.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteField(pub Route);

impl std::ops::Deref for RouteField {
    type Target = Route;

    fn deref(&self) -> &Route {
        &self.0
    }
}

impl Decode for RouteField {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        if matches!(node.kind, Kind::Text(_) | Kind::List(_)) {
            let to = Targets::decode(node, reader)?;
            return Some(Self(Route { to, delay: None, spread: Spread::Random(AtRandom {}) }));
        }
        Route::decode(node, reader).map(Self)
    }
}

impl Encode for RouteField {
    fn encode(&self) -> Node {
        Node::made(Kind::Struct(None, self.0.encode_body()))
    }
}

impl Fills<Targets> for &str {
    fn fill(self) -> Targets {
        Targets(vec![made_name(self)])
    }
}

impl<const N: usize> Fills<Targets> for [&str; N] {
    fn fill(self) -> Targets {
        Targets(self.into_iter().map(made_name).collect())
    }
}

impl From<Route> for RouteField {
    fn from(route: Route) -> Self {
        Self(route)
    }
}

impl From<&str> for RouteField {
    fn from(name: &str) -> Self {
        Self(Route::new(name))
    }
}

impl Fills<RouteField> for Route {
    fn fill(self) -> RouteField {
        RouteField(self)
    }
}

impl Fills<RouteField> for &str {
    fn fill(self) -> RouteField {
        RouteField(Route::new(self))
    }
}

impl<const N: usize> Fills<RouteField> for [&str; N] {
    fn fill(self) -> RouteField {
        RouteField(Route::new(self))
    }
}

/// A name that stands nowhere, for values made by the program.
#[must_use]
pub fn made_name(text: &str) -> Name {
    Name { text: text.to_owned(), region: Region::default() }
}
