//! What screens are made of. These pieces know nothing of steps, plans or AWS, except where their name says so.

pub mod access_path;
pub mod diff;
pub mod frame;
pub mod keys;
pub mod picker;
pub mod scroll;
pub mod text;
pub mod theme;
