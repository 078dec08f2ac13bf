//! Choices: enums that the language reads, writes and describes. Each variant holds a record and goes by its own name.

use super::record::Description;

/// A choice, as the reference shows it.
pub trait Choice {
    /// The names and descriptions of the variants, in order.
    fn variants() -> Vec<(&'static str, Description)>;
    /// Documentation of the choice.
    fn doc() -> String;
}

/// Declares a choice: an enum each of whose variants wraps a record. Variants after `given` hold values that only a program
/// can give (see [`super::Given`]): the language has no word for them.
macro_rules! __choice {
    (
        $(#[doc = $doc:literal])*
        pub enum $name:ident {
            $( $(#[doc = $variant_doc:literal])* $variant:ident($type:ty) ),* $(,)?
        }
        $(given { $( $given:ident($given_type:ty) ),+ $(,)? })?
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $(
                #[doc = concat!("See [`", stringify!($type), "`](type@", stringify!($type), ").")]
                $variant($type),
            )*
            $( $(
                #[doc = concat!("See [`", stringify!($given_type), "`](type@", stringify!($given_type), ").")]
                $given($given_type),
            )+ )?
        }

        $(
            impl From<$type> for $name {
                fn from(record: $type) -> Self {
                    Self::$variant(record)
                }
            }

            impl $crate::schema::Fills<$name> for $type {
                fn fill(self) -> $name {
                    $name::$variant(self)
                }
            }
        )*

        impl $crate::schema::Decode for $name {
            fn decode(node: &$crate::schema::Node, reader: &mut $crate::schema::Reader) -> Option<Self> {
                const NAMES: &[&str] = &[$( stringify!($variant) ),*];
                $( $(
                    if let Some(value) = node.given().and_then(<$given_type>::of) {
                        return Some(Self::$given(value));
                    }
                )+ )?
                match node.name() {
                    $( Some(stringify!($variant)) => {
                        <$type as $crate::schema::Body>::decode_body(node, reader).map(Self::$variant)
                    } )*
                    other => {
                        $crate::schema::unknown_variant(node, other, stringify!($name), NAMES, reader);
                        None
                    }
                }
            }
        }

        impl $crate::schema::Encode for $name {
            fn encode(&self) -> $crate::schema::Node {
                match self {
                    $( Self::$variant(record) => $crate::schema::named(
                        stringify!($variant),
                        <$type as $crate::schema::Body>::encode_body(record),
                    ), )*
                    $( $( Self::$given(value) => {
                        $crate::schema::Node::made($crate::schema::Kind::Given(value.given()))
                    } )+ )?
                }
            }
        }

        impl $crate::schema::Choice for $name {
            fn variants() -> Vec<(&'static str, $crate::schema::Description)> {
                vec![$( (stringify!($variant), <$type as $crate::schema::Body>::description()) ),*]
            }

            fn doc() -> String {
                [$( $doc ),*].join("\n")
            }
        }
    };
}

pub(crate) use __choice;
