//! What is known of the system: kept up to date by what a source delivers ([`process`]), or asked for at once:
//! [`snapshot`] (filled from [`procfs`] and the kernel's iterators), [`sockets`] (from [`sock_diag`]), and of one
//! process [`inspect`]; what a command did is [`audit`]. What calls say: [`calls`].

pub mod audit;
pub mod calls;
pub mod inspect;
pub mod process;
pub mod procfs;
pub mod snapshot;
pub mod sock_diag;
pub mod sockets;
