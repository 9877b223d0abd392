//! Scripted stand-ins for everything outside the program. A development dependency only.

pub mod caller;
