//! Registries: one line of a list and one file make a policy, a rule, a distribution or a measure.
//!
//! What such a thing is (its trait) and the list of them belong to the modules that give them meaning.

/// Methods of an enum that ask whatever its variant holds. The names of the variants come in brackets, then the methods
/// without their bodies. A method may be asked with other arguments than its own: `=> (first, second)` after it.
#[macro_export]
#[doc(hidden)]
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
            $crate::__ask!($self_, $variants, $method, ($($argument),*) $($call)?)
        }

        $crate::__delegate! { $variants $($rest)* }
    };
    (
        $variants:tt
        $(#[$attribute:meta])*
        $visible:vis fn $method:ident(&$self_:ident $(, $argument:ident: $type:ty)* $(,)?) $(-> $result:ty)? $(=> $call:tt)?;
        $($rest:tt)*
    ) => {
        $(#[$attribute])*
        $visible fn $method(&$self_ $(, $argument: $type)*) $(-> $result)? {
            $crate::__ask!($self_, $variants, $method, ($($argument),*) $($call)?)
        }

        $crate::__delegate! { $variants $($rest)* }
    };
}

/// The body of one such method.
#[macro_export]
#[doc(hidden)]
macro_rules! __ask {
    ($self_:ident, $variants:tt, $method:ident, $arguments:tt $call:tt) => {
        $crate::__ask!($self_, $variants, $method, $call)
    };
    ($self_:ident, [$($variant:ident)+], $method:ident, $arguments:tt) => {
        match $self_ {
            $( Self::$variant(it) => it.$method $arguments, )+
        }
    };
}

/// Declares a registry: the modules of a list, the choice that the language reads, and the enum of what is at work.
///
/// In order: the list, one line for each file and its record; the enum of the records; the enum of what they are at work, with
/// the trait whose `State` its variants hold, and the method of that trait that makes one; then what the enums are asked,
/// method by method without bodies. A choice that is nothing at work leaves the second enum out.
#[macro_export]
#[doc(hidden)]
macro_rules! __registry {
    (
        $visible:vis mod { $($file:ident :: $name:ident),+ $(,)? }
        $(also { $($other:ident),+ $(,)? })?

        $(#[doc = $doc:literal])+
        pub enum $choice:ident;

        $( impl $target:ident $(for $asked:ident)? { $($methods:tt)* } )*
    ) => {
        $( $visible mod $file; pub use $file::$name; )+

        $crate::schema::choice! {
            $(#[doc = $doc])+
            pub enum $choice {
                $( $name($name), )+
                $( $( $other($other), )+ )?
            }
        }

        $crate::__asked! { [$($name)+ $( $($other)+ )?] $( impl [$target $(for $asked)?] { $($methods)* } )* }
    };
    (
        $visible:vis mod { $($file:ident :: $name:ident),+ $(,)? }

        $(#[doc = $doc:literal])+
        pub enum $choice:ident;

        $(#[$state_attribute:meta])+
        pub enum $state:ident: $describes:ident;

        $(#[$build_attribute:meta])+
        pub fn $build:ident(&$self_:ident $(, $argument:ident: $type:ty)* $(,)?);

        $( impl $target:ident $(for $asked:ident)? { $($methods:tt)* } )*
    ) => {
        $crate::__registry! {
            $visible mod { $($file::$name),+ }

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
        }

        impl $choice {
            $(#[$build_attribute])+
            #[must_use]
            pub fn $build(&$self_ $(, $argument: $type)*) -> $state {
                $crate::__build!($self_, $state, [$($name)+], $build, ($($argument),*))
            }
        }
    };
}

/// What is at work of a choice.
#[macro_export]
#[doc(hidden)]
macro_rules! __build {
    ($self_:ident, $state:ident, [$($name:ident)+], $build:ident, $arguments:tt) => {
        match $self_ {
            $( Self::$name(it) => $state::$name(it.$build $arguments), )+
        }
    };
}

/// What the enums of a registry are asked.
#[macro_export]
#[doc(hidden)]
macro_rules! __asked {
    (@one $variants:tt [$($head:tt)+] { $($methods:tt)* }) => {
        impl $($head)+ {
            $crate::schema::delegate! { $variants $($methods)* }
        }
    };
    ($variants:tt $( impl [$($head:tt)+] { $($methods:tt)* } )*) => {
        $( $crate::__asked!(@one $variants [$($head)+] { $($methods)* }); )*
    };
}
