//! Tests of the core through its public interface. One binary; every file is a module of it.

#[cfg(test)]
mod cooperation;

#[cfg(test)]
mod gateway;

#[cfg(test)]
mod golden;

#[cfg(test)]
mod presets;
