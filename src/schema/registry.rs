//! Registries: one line of a list and one file make a policy, a rule, a distribution or a measure.
//!
//! What such a thing is (its trait) and the list of them belong to the modules that give them meaning.

/// Methods of an enum that ask whatever its variant holds. The names of the variants come in brackets, then the methods
/// without their bodies. A method may be asked with other arguments than its own: `=> (first, second)` after it. Variants
/// after a semicolon are not asked: of them the answer is `None`.
macro_rules! __delegate {
    ($variants:tt) => {};
    (
        $variants:tt
        $(#[$attribute:meta])*
        $visible:vis fn $method:ident(&mut $self_:ident $(, $argument:ident: $type:ty)* $(,)?) $(-> $result:ty)? $(=> $call:tt)?;
        $($rest:tt)*
    ) => {
        $(#[$attribute])*
        $visible fn $method(&mut $self_ $(, $argument: $type)*) $(-> $result)? {
            $crate::schema::__ask!($self_, $variants, $method, ($($argument),*) $($call)?)
        }

        $crate::schema::__delegate! { $variants $($rest)* }
    };
    (
        $variants:tt
        $(#[$attribute:meta])*
        $visible:vis fn $method:ident $(<$generic:ident: $bound:path>)? (&$self_:ident $(, $argument:ident: $type:ty)* $(,)?)
            $(-> $result:ty)? $(=> $call:tt)?;
        $($rest:tt)*
    ) => {
        $(#[$attribute])*
        $visible fn $method $(<$generic: $bound>)? (&$self_ $(, $argument: $type)*) $(-> $result)? {
            $crate::schema::__ask!($self_, $variants, $method, ($($argument),*) $($call)?)
        }

        $crate::schema::__delegate! { $variants $($rest)* }
    };
}

/// The body of one such method.
macro_rules! __ask {
    ($self_:ident, $variants:tt, $method:ident, $arguments:tt $call:tt) => {
        $crate::schema::__ask!($self_, $variants, $method, $call)
    };
    ($self_:ident, [$($variant:ident)+], $method:ident, $arguments:tt) => {
        match $self_ {
            $( Self::$variant(it) => it.$method $arguments, )+
        }
    };
    ($self_:ident, [$($variant:ident)+; $($other:ident)+], $method:ident, $arguments:tt) => {
        match $self_ {
            $( Self::$variant(it) => Some(it.$method $arguments), )+
            $( Self::$other(_) => None, )+
        }
    };
}

/// Declares a registry: the modules of a list, the choice that the language reads, and the enum of the states that
/// work.
///
/// In this order:
/// - the list: a line for each file and its record, all re-exported by `words`; after `also`, records that are not in
///   the list and yet are variants of the choice; after `given`, files of types that only a program can give and that
///   have no name in the language;
/// - the enum of the records, and its methods without bodies;
/// - the enum of their states, with the trait whose `State` its variants hold; the method of that trait that builds a
///   state; and the methods of the enum. A registry without states leaves these out.
///
/// A method of the choice calls that of the record. If there are records after `also`, it returns `None` for those and
/// wraps the value of a record in the list in `Some`.
macro_rules! __registry {
    (
        $visible:vis mod { $($file:ident :: $name:ident),+ $(,)? }
        $(also { $($other:ident),+ $(,)? })?
        $(given { $($given_file:ident :: $given:ident),+ $(,)? })?

        $(#[doc = $doc:literal])+
        pub enum $choice:ident;

        $( impl $target:ident $(for $asked:ident)? { $($methods:tt)* } )*
    ) => {
        $( $visible mod $file; pub use $file::$name; )+
        $( $( $visible mod $given_file; pub use $given_file::$given; )+ )?

        /// The records of this list, for systems written in code.
        pub mod words {
            pub use super::{$choice, $($name),+ $(, $($given),+)?};
        }

        $crate::schema::choice! {
            $(#[doc = $doc])+
            pub enum $choice {
                $( $name($name), )+
                $( $( $other($other), )+ )?
            }
            $(given { $($given($given)),+ })?
        }

        $crate::schema::__asked! { [$($name)+ $($($given)+)? $(; $($other)+)?] $( [impl $target $(for $asked)?] { $($methods)* } )* }
    };
    (
        $visible:vis mod { $($file:ident :: $name:ident),+ $(,)? }
        $(also { $($other:ident),+ $(,)? })?
        $(given { $($given_file:ident :: $given:ident),+ $(,)? })?

        $(#[doc = $doc:literal])+
        pub enum $choice:ident;

        $( impl $target:ident $(for $asked:ident)? { $($methods:tt)* } )*

        $(#[$state_attribute:meta])+
        pub enum $state:ident: $describes:ident;

        $(#[$build_attribute:meta])+
        pub fn $build:ident(&$self_:ident $(, $argument:ident: $type:ty)* $(,)?) -> $made:ty;

        $( impl $state_target:ident $(for $state_asked:ident)? { $($state_methods:tt)* } )*
    ) => {
        $crate::schema::__registry! {
            $visible mod { $($file::$name),+ }
            $(also { $($other),+ })?
            $(given { $($given_file::$given),+ })?

            $(#[doc = $doc])+
            pub enum $choice;

            $( impl $target $(for $asked)? { $($methods)* } )*
        }

        $(#[$state_attribute])+
        pub enum $state {
            $(
                #[doc = concat!("[`", stringify!($name), "`] at work.")]
                $name(<$name as $describes>::State),
            )+
            $( $(
                #[doc = concat!("[`", stringify!($given), "`] at work.")]
                $given(<$given as $describes>::State),
            )+ )?
        }

        impl $choice {
            $(#[$build_attribute])+
            #[must_use]
            pub fn $build(&$self_ $(, $argument: $type)*) -> $made {
                $crate::schema::__build!($self_, $state, [$($name)+ $($($given)+)? $(; $($other)+)?], $build, ($($argument),*))
            }
        }

        $crate::schema::__asked! { [$($name)+ $($($given)+)?] $( [impl $state_target $(for $state_asked)?] { $($state_methods)* } )* }
    };
}

/// The state that is built from a choice.
macro_rules! __build {
    ($self_:ident, $state:ident, [$($name:ident)+], $build:ident, $arguments:tt) => {
        match $self_ {
            $( Self::$name(it) => $state::$name(it.$build $arguments), )+
        }
    };
    ($self_:ident, $state:ident, [$($name:ident)+; $($other:ident)+], $build:ident, $arguments:tt) => {
        match $self_ {
            $( Self::$name(it) => Some($state::$name(it.$build $arguments)), )+
            $( Self::$other(_) => None, )+
        }
    };
}

/// The methods of an enum of a registry.
macro_rules! __asked {
    ($variants:tt) => {};
    ($variants:tt [$($head:tt)+] { $($methods:tt)* } $($rest:tt)*) => {
        $($head)+ {
            $crate::schema::delegate! { $variants $($methods)* }
        }

        $crate::schema::__asked! { $variants $($rest)* }
    };
}

pub(crate) use {__ask, __asked, __build, __delegate, __registry};
