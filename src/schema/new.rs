//! Records made in code: what takes the place of a field, and the constructor that every record has.

/// Conversion into a field of type `T` when a record is made in code: from a value of that type, from a record to the
/// choice that it belongs to, or from the name of a node to a route.
pub trait Fills<T> {
    /// The value of the field.
    fn fill(self) -> T;
}

impl<T> Fills<T> for T {
    fn fill(self) -> T {
        self
    }
}

impl Fills<String> for &str {
    fn fill(self) -> String {
        self.to_owned()
    }
}

/// Writes the constructor of a record: fields without a default are its parameters, in order. If all have defaults, the
/// record is [`Default`] as well.
macro_rules! __new {
    // A field with a default, one without, and the end.
    ($name:ident $required:tt { $($done:tt)* } $field:ident: $type:ty = $default:expr, $($rest:tt)*) => {
        $crate::schema::__new! { $name $required { $($done)* $field: $default, } $($rest)* }
    };
    ($name:ident { $($required:tt)* } $done:tt $field:ident: $type:ty, $($rest:tt)*) => {
        $crate::schema::__new! { $name { $($required)* $field: $type, } $done $($rest)* }
    };
    ($name:ident {} { $($done:tt)* }) => {
        impl $name {
            /// All fields have their default values.
            #[must_use]
            pub fn new() -> Self {
                Self { $($done)* }
            }
        }

        impl ::std::default::Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }
    };
    ($name:ident { $($field:ident: $type:ty,)+ } { $($done:tt)* }) => {
        impl $name {
            /// Takes the fields that have no default; all others get their default values. Values are checked when the
            /// experiment is planned.
            #[must_use]
            #[allow(dead_code, reason = "not every record of the language is made in code")]
            pub fn new($($field: impl $crate::schema::Fills<$type>),+) -> Self {
                Self { $( $field: $crate::schema::Fills::fill($field), )+ $($done)* }
            }
        }
    };
}

pub(crate) use __new;
