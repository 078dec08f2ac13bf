//! Records: structs that the language reads, writes and describes, declared once with their documentation and defaults.

use std::collections::BTreeSet;

use super::decode::{Encode, Reader};
use super::diagnostic::{nearest, suggest};
use super::print::print;
use super::tree::{Kind, Name, Node, Region};

/// The part of [`super::Decode`] and [`super::Encode`] that does not depend on the name of the record: a variant of a
/// choice goes by the variant's name.
pub trait Body: Sized {
    /// Reads the fields.
    fn decode_body(node: &Node, reader: &mut Reader) -> Option<Self>;
    /// Writes the fields.
    fn encode_body(&self) -> Vec<(Name, Node)>;
    /// Its entry in the reference.
    fn description() -> Description;
}

/// The entry of a record in the reference.
#[derive(Clone, Debug)]
pub struct Description {
    /// Its documentation, a line each.
    pub doc: String,
    /// Its fields, in order.
    pub fields: Vec<FieldDescription>,
}

/// The entry of a field in the reference.
#[derive(Clone, Debug)]
pub struct FieldDescription {
    /// Its name.
    pub name: &'static str,
    /// Its type in Rust.
    pub type_name: &'static str,
    /// Its value where it is not written; `None` if it must be.
    pub default: Option<String>,
    /// Its documentation.
    pub doc: String,
}

/// The fields of a record as written.
#[derive(Debug)]
pub struct Fields<'a> {
    node: &'a Node,
    named: &'a [(Name, Node)],
    /// Values without names, which fill the first fields in order.
    placed: &'a [Node],
    missing: Vec<&'static str>,
    /// Fields that an unknown one was probably meant to be: that they are missing follows from it.
    meant: Vec<String>,
}

impl<'a> Fields<'a> {
    /// Opens the value written for a record with fields `valid`; reports parts that cannot be one of them.
    pub fn open(node: &'a Node, valid: &[&str], reader: &mut Reader) -> Option<Self> {
        let mut fields = Self { node, named: &[], placed: &[], missing: Vec::new(), meant: Vec::new() };
        match &node.kind {
            Kind::Word(_) => {}
            Kind::Tuple(_, items) if items.len() <= valid.len() => fields.placed = items,
            Kind::Tuple(_, items) => {
                let message = format!("{} values for {} fields", items.len(), valid.len());
                reader.error(node.region, message, suggest("", valid));
                return None;
            }
            Kind::Struct(_, named) => {
                fields.named = named;
                let mut given = vec![false; valid.len()];
                for (name, _) in named {
                    if reader.is_full() {
                        return None;
                    }
                    let field = field_name(name, valid);
                    match valid.iter().position(|valid| *valid == field) {
                        None => {
                            let message = format!("unknown field `{}`", name.text);
                            reader.error(name.region, message, suggest(&name.text, valid));
                            fields.meant.extend(nearest(&name.text, valid.iter().copied()).map(str::to_owned));
                        }
                        Some(place) if given[place] => {
                            reader.error(name.region, format!("the field `{field}` is given twice"), "");
                        }
                        Some(place) => given[place] = true,
                    }
                }
            }
            _ => {
                reader.expected(node, "fields in parentheses: `(name: value)`");
                return None;
            }
        }
        Some(fields)
    }

    /// Reads field number `index`, called `name`; `default` is its value where it is not written.
    pub fn read<T: super::Decode>(
        &mut self,
        index: usize,
        name: &'static str,
        reader: &mut Reader,
        default: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let by_name = || {
            let here = |field: &str| field == name || field.parse() == Ok(index);
            self.named.iter().find(|(field, _)| here(&field.text)).map(|(_, value)| value)
        };
        let written = self.placed.get(index).or_else(by_name);
        match written {
            Some(value) => T::decode(value, reader),
            None => {
                let value = default();
                if value.is_none() && !self.meant.iter().any(|meant| meant == name) {
                    self.missing.push(name);
                }
                value
            }
        }
    }

    /// Reports fields that should have been written and were not.
    pub fn report_missing(&self, reader: &mut Reader) {
        if self.missing.is_empty() {
            return;
        }
        let list = self.missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let what = self.node.name().map_or_else(|| "this struct".to_owned(), |name| format!("`{name}`"));
        let noun = if self.missing.len() == 1 { "the field" } else { "the fields" };
        let mut region = self.node.region;
        if let Some(name) = match &self.node.kind {
            Kind::Tuple(Some(name), _) | Kind::Struct(Some(name), _) => Some(name),
            _ => None,
        } {
            region = name.region;
        }
        reader.error(region, format!("{what} lacks {noun} {list}"), "");
    }
}

/// The field that `name` stands for: itself, or the one at its place where values came without names.
fn field_name<'a>(name: &'a Name, valid: &[&'a str]) -> &'a str {
    name.text.parse::<usize>().ok().and_then(|place| valid.get(place).copied()).unwrap_or(&name.text)
}

/// Where a check reports mistakes in a record.
#[derive(Debug)]
pub struct Check<'a> {
    node: &'a Node,
    /// The fields of the record, in order.
    names: &'a [&'a str],
    reader: &'a mut Reader,
}

impl<'a> Check<'a> {
    /// For a record with fields `names` written at `node`.
    pub fn new(node: &'a Node, names: &'a [&'a str], reader: &'a mut Reader) -> Self {
        Self { node, names, reader }
    }

    /// The value written for a field, by its name or by its place.
    fn written(&self, name: &str) -> Option<&'a Node> {
        match &self.node.kind {
            Kind::Struct(_, fields) => {
                fields.iter().find(|(field, _)| field_name(field, self.names) == name).map(|(_, value)| value)
            }
            Kind::Tuple(_, items) => items.get(self.names.iter().position(|field| *field == name)?),
            _ => None,
        }
    }

    /// The place of a field; of the whole record where the field is not written.
    pub fn field(&mut self, name: &str) -> At<'_> {
        let region = self.written(name).map_or(self.node.region, |value| value.region);
        At { region, reader: self.reader }
    }

    /// The place of an item of a field that is a list; of the whole record where it is not written.
    pub fn item(&mut self, name: &str, place: usize) -> At<'_> {
        let item = match self.written(name).map(|value| &value.kind) {
            Some(Kind::List(items)) => items.get(place),
            _ => None,
        };
        At { region: item.map_or(self.node.region, |item| item.region), reader: self.reader }
    }

    /// Reports every item of the list `items`, the value of a field, that stands in it before.
    pub fn each_once<T: Encode>(&mut self, name: &str, items: &[T], what: &str) {
        let mut seen = BTreeSet::new();
        for (place, item) in items.iter().enumerate() {
            if !seen.insert(print(&item.encode())) && !self.reader.is_full() {
                self.item(name, place).error(format!("{what} is asked for twice"));
            }
        }
    }

    /// True if field number `index`, called `name`, is written.
    #[must_use]
    pub fn has(&self, index: usize, name: &str) -> bool {
        match &self.node.kind {
            Kind::Struct(_, fields) => {
                fields.iter().any(|(field, _)| field.text == name || field.text.parse() == Ok(index))
            }
            Kind::Tuple(_, items) => items.len() > index,
            _ => false,
        }
    }

    /// Something is wrong with the record as a whole.
    pub fn error(&mut self, message: impl AsRef<str>) {
        self.reader.error(self.node.region, message.as_ref(), "");
    }
}

/// A place to report at.
#[derive(Debug)]
pub struct At<'a> {
    region: Region,
    reader: &'a mut Reader,
}

impl At<'_> {
    /// Something is wrong here.
    pub fn error(&mut self, message: impl AsRef<str>) {
        self.reader.error(self.region, message.as_ref(), "");
    }
}

/// Declares a record: a struct with documented fields, each with a type and possibly a default.
macro_rules! __record {
    (@name $self_:ident) => {};
    (@default $type:ty) => { <$type as $crate::schema::Decode>::absent() };
    (@default $type:ty, $default:expr) => { Some($default) };
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $( $(#[doc = $field_doc:literal])* pub $field:ident : $type:ty $(= $default:expr)? ),* $(,)?
        }
        $( check($self_:ident, $at:ident) $check:block )?
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $(
                $(#[doc = $field_doc])*
                $( #[doc = concat!("\n\nDefault: `", stringify!($default), "`.")] )?
                pub $field: $type,
            )*
        }

        $crate::schema::__new! { $name {} {} $( $field: $type $(= $default)?, )* }

        $(
            impl $name {
                /// Checks that concern several fields.
                fn check_fields(&$self_, $at: &mut $crate::schema::Check<'_>) $check
            }
        )?

        impl $crate::schema::Body for $name {
            fn decode_body(node: &$crate::schema::Node, reader: &mut $crate::schema::Reader) -> Option<Self> {
                const NAMES: &[&str] = &[$( stringify!($field) ),*];
                let before = reader.diagnostics.len();
                #[allow(unused_mut, reason = "a record may have no fields")]
                let mut fields = $crate::schema::Fields::open(node, NAMES, reader)?;
                #[allow(unused_mut, unused_variables, reason = "a record may have no fields")]
                let mut index = 0_usize;
                $(
                    let $field: Option<$type> = fields.read(index, stringify!($field), reader,
                        || $crate::schema::__record!(@default $type $(, $default)?));
                    #[allow(unused_assignments, reason = "the last field")]
                    { index += 1; }
                )*
                fields.report_missing(reader);
                let value = Self { $( $field: $field? ),* };
                $(
                    if reader.diagnostics.len() == before {
                        $crate::schema::__record!(@name $self_);
                        value.check_fields(&mut $crate::schema::Check::new(node, NAMES, reader));
                    }
                )?
                (reader.diagnostics.len() == before).then_some(value)
            }

            fn encode_body(&self) -> Vec<($crate::schema::Name, $crate::schema::Node)> {
                vec![$( (
                    $crate::schema::Name { text: stringify!($field).to_owned(), region: $crate::schema::Region::default() },
                    $crate::schema::Encode::encode(&self.$field),
                ) ),*]
            }

            fn description() -> $crate::schema::Description {
                $crate::schema::Description {
                    doc: [$( $doc ),*].join("\n"),
                    fields: vec![$( $crate::schema::FieldDescription {
                        name: stringify!($field),
                        type_name: stringify!($type),
                        default: {
                            let value: Option<$type> = $crate::schema::__record!(@default $type $(, $default)?);
                            value.map(|value| $crate::schema::print(&$crate::schema::Encode::encode(&value)))
                        },
                        doc: [$( $field_doc ),*].join("\n"),
                    } ),*],
                }
            }
        }

        impl $crate::schema::Decode for $name {
            fn decode(node: &$crate::schema::Node, reader: &mut $crate::schema::Reader) -> Option<Self> {
                $crate::schema::check_name(node, stringify!($name), reader)?;
                <Self as $crate::schema::Body>::decode_body(node, reader)
            }
        }

        impl $crate::schema::Encode for $name {
            fn encode(&self) -> $crate::schema::Node {
                let fields = <Self as $crate::schema::Body>::encode_body(self);
                $crate::schema::Node::made($crate::schema::Kind::Struct(None, fields))
            }
        }
    };
}

pub(crate) use __record;

/// A record may be written with its name or without, but not with another.
pub fn check_name(node: &Node, name: &str, reader: &mut Reader) -> Option<()> {
    match &node.kind {
        Kind::Struct(Some(written), _) | Kind::Tuple(Some(written), _) if written.text != name => {
            reader.error(written.region, format!("expected `{name}(...)`, found `{}(...)`", written.text), "");
            None
        }
        _ => Some(()),
    }
}
