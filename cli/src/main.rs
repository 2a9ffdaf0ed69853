//! `qroc`: the core without a screen.

#[allow(dead_code, reason = "compile check until the commands use it")]
mod keyring_vault;

fn main() {}
