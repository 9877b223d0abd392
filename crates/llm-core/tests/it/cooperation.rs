//! Cooperation as a caller meets it: modes and integrators over scripted models.

mod budget;

mod chain;

mod conformance;

mod events;

mod injection;

mod integrators;

mod refusals;

mod support;

mod voting;
