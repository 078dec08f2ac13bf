//! Groups as nodes: clients, a balancer and a fleet for each, and the text of the file.
//!
//! What becomes of each thing that a group says is one function, which gives a field or notes what it cannot give: of
//! the clients in `clients`, of the policy in `policy`, of failures in `failures`, of the servers in `fleet`. A system is
//! then read from these fields as from a file, with the defaults and the checks of the language.

mod clients;
mod failures;
mod fleet;
mod names;
mod policy;
mod text;

use super::group::Group;
use super::report::Why;
use super::source::Problem;
use super::{Imported, Report};
use crate::actors::kit::route::made_name;
use crate::model::{Blueprint, System, check};
use crate::schema::{Decode, Encode, Kind, Node, Reader};

/// A field with its comment in the file.
struct Field {
    name: &'static str,
    value: Node,
    /// Lines before it.
    comments: Vec<String>,
}

impl Field {
    fn new(name: &'static str, value: &impl Encode) -> Self {
        Self { name, value: value.encode(), comments: Vec::new() }
    }

    fn comment(mut self, text: impl Into<String>) -> Self {
        self.comments.push(text.into());
        self
    }
}

/// A node with its comment in the file.
struct Part {
    /// Lines before it.
    comments: Vec<String>,
    name: String,
    kind: &'static str,
    fields: Vec<Field>,
}

impl Part {
    fn new(name: &str, kind: &'static str, fields: impl IntoIterator<Item = Option<Field>>) -> Self {
        let fields = fields.into_iter().flatten().collect();
        Self { comments: Vec::new(), name: name.to_owned(), kind, fields }
    }

    fn node(&self) -> Node {
        let fields = self.fields.iter().map(|field| (made_name(field.name), field.value.clone()));
        Node::made(Kind::Struct(Some(made_name(self.kind)), fields.collect()))
    }
}

/// Makes a model of the groups that `program` was told in the file at `path`.
///
/// # Errors
/// They make no system: there are more of them than one holds.
pub fn build(program: &str, path: &str, groups: &[Group], mut report: Report) -> Result<Imported, Problem> {
    let mut names = names::Names::default();
    let mut parts = Vec::new();
    for group in groups {
        parts.extend(nodes(group, &mut names, &mut report));
    }
    report.finish();
    let system = system(&parts).map_err(|why| Problem::of(path, format!("this makes no system: {why}")))?;
    let text = text::write(program, path, &parts, &report);
    Ok(Imported { system, text, report })
}

/// The system of these nodes.
fn system(parts: &[Part]) -> Result<System, String> {
    let nodes = parts.iter().map(|part| (made_name(&part.name), part.node())).collect();
    let nodes = (made_name("nodes"), Node::made(Kind::Map(nodes)));
    let mut reader = Reader::default();
    let system = System::decode(&Node::made(Kind::Struct(Some(made_name("System")), vec![nodes])), &mut reader);
    match (system, reader.diagnostics.first()) {
        (Some(system), None) => {
            let blueprint = Blueprint::of(system);
            match check(&blueprint).first() {
                None => Ok(blueprint.into_system()),
                Some(wrong) => Err(wrong.message.clone()),
            }
        }
        (_, wrong) => Err(wrong.map_or_else(String::new, |wrong| wrong.message.clone())),
    }
}

/// The nodes of a group: clients, balancer, fleet.
fn nodes(group: &Group, names: &mut names::Names, report: &mut Report) -> [Part; 3] {
    let servers = fleet::servers(group);
    let (clients_name, balancer_name, fleet_name) = names.three(&group.name);
    let clients = [
        Some(clients::arrivals(&servers)),
        Some(Field::new("to", &balancer_name)),
        clients::timeout(group),
        clients::keys(group),
    ];
    let balancer = [
        Some(Field::new("policy", &policy::policy(group, &servers, report))),
        Some(Field::new("to", &fleet_name)),
        policy::layer(group),
        failures::health(&servers, report),
        failures::passive(group, &servers),
        failures::slow_start(&servers, report),
        failures::retry(group),
        failures::timeout(group),
        failures::queue(group),
        copies(group, report),
    ];
    let fleet = [
        Some(fleet::count(&servers)),
        Some(fleet::names(&servers)),
        fleet::weights(&servers),
        fleet::backups(&servers),
        fleet::max_connections(&servers),
        Some(fleet::workers()),
        Some(fleet::service()),
    ];
    let mut clients = Part::new(&clients_name, "Clients", clients);
    clients.comments = origin(group, report);
    [clients, Part::new(&balancer_name, "Balancer", balancer), Part::new(&fleet_name, "Fleet", fleet)]
}

/// Where a group stands in the file, and from where requests come to it.
fn origin(group: &Group, report: &mut Report) -> Vec<String> {
    let mut lines = vec![format!("{} ({})", group.what, report.sources.place(group.at))];
    for entrance in &group.entrances {
        lines.push(format!("requests come from {} ({})", entrance.value, report.sources.place(entrance.at)));
    }
    if group.entrances.is_empty() {
        let message = format!("nothing in the file leads to {}: it has clients all the same", group.what);
        report.note(group.at, Why::Assumed, message);
    }
    lines
}

/// Several balancers, each with a view of its own.
fn copies(group: &Group, report: &Report) -> Option<Field> {
    let copies = group.copies.as_ref()?;
    let place = report.sources.place(copies.at);
    Some(Field::new("copies", &copies.value).comment(format!("Worker processes, without a `zone` to share ({place}).")))
}
