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
