//! Names that the C library looks up, wherever the machine has them from (nsswitch.conf(5)): users, groups, services, hosts.

use std::ffi::{CStr, CString};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use nix::unistd::{Gid, Group, Uid, User};

/// The name of a user.
pub fn user_name(uid: u32) -> Option<String> {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name)
}

/// The number of a user.
pub fn user_id(name: &str) -> Option<u32> {
    User::from_name(name).ok().flatten().map(|user| user.uid.as_raw())
}

/// The name of a group.
pub fn group_name(gid: u32) -> Option<String> {
    Group::from_gid(Gid::from_raw(gid)).ok().flatten().map(|group| group.name)
}

/// The service of a port (getservbyport(3)).
pub fn service_name(port: u16, protocol: &CStr) -> Option<String> {
    // SAFETY: the answer is copied before anybody else can ask: only the one thread that shows sockets does.
    unsafe {
        let entry = libc::getservbyport(i32::from(port.to_be()), protocol.as_ptr());
        (!entry.is_null()).then(|| CStr::from_ptr((*entry).s_name).to_string_lossy().into_owned())
    }
}

/// The port of a service (getservbyname(3)).
pub fn service_port(name: &str, protocol: &CStr) -> Option<u16> {
    let name = CString::new(name).ok()?;
    // SAFETY: two C strings; the answer is read before anybody else can ask: only the one thread that reads the request does.
    unsafe {
        let entry = libc::getservbyname(name.as_ptr(), protocol.as_ptr());
        (!entry.is_null()).then(|| u16::from_be((*entry).s_port as u16))
    }
}

/// The addresses of a host (getaddrinfo(3)); none when it is not known.
pub fn addresses(host: &str) -> Vec<IpAddr> {
    (host, 0).to_socket_addrs().map(|list| list.map(|address| address.ip()).collect()).unwrap_or_default()
}

/// Asks the resolver for the name of an address (getnameinfo(3)).
pub fn host_name(address: IpAddr) -> Option<String> {
    let mut host = [0 as libc::c_char; 1025];
    let address = SocketAddr::new(address, 0);
    let (storage, len) = match address {
        SocketAddr::V4(v4) => {
            let mut name: [u8; 28] = [0; 28];
            name[..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
            name[4..8].copy_from_slice(&v4.ip().octets());
            (name, 16)
        }
        SocketAddr::V6(v6) => {
            let mut name: [u8; 28] = [0; 28];
            name[..2].copy_from_slice(&(libc::AF_INET6 as u16).to_ne_bytes());
            name[8..24].copy_from_slice(&v6.ip().octets());
            (name, 28)
        }
    };
    #[repr(align(8))]
    struct Aligned([u8; 28]);
    let storage = Aligned(storage);
    // SAFETY: the address is a sockaddr of the length that is said, aligned as one; the buffer is as long as is
    // said, and is filled with a text that ends with NUL when 0 is returned.
    let failed = unsafe {
        libc::getnameinfo(
            storage.0.as_ptr().cast(),
            len,
            host.as_mut_ptr(),
            host.len() as libc::socklen_t,
            std::ptr::null_mut(),
            0,
            libc::NI_NAMEREQD,
        )
    };
    if failed != 0 {
        return None;
    }
    // SAFETY: see above; the buffer lives on.
    let host = unsafe { CStr::from_ptr(host.as_ptr()) };
    Some(host.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_known_both_ways() {
        let name = user_name(0).expect("every machine has it");
        assert_eq!(user_id(&name), Some(0));
        assert!(group_name(0).is_some());
        assert_eq!((user_name(u32::MAX - 1), user_id("no such user")), (None, None));
    }

    #[test]
    fn what_is_not_there_has_no_name() {
        assert_eq!((service_port("no such service", c"tcp"), service_port("a\0b", c"tcp")), (None, None));
        assert_eq!(service_name(1, c"no such protocol"), None);
        assert_eq!(addresses("127.0.0.1"), [IpAddr::from([127, 0, 0, 1])]);
        assert_eq!(addresses(""), Vec::<IpAddr>::new());
    }
}
