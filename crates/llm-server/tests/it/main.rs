//! The server over real sockets, with scripted providers behind it.

mod support;

mod chat;
mod earlier;
mod models;
