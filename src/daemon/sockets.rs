//! The sockets of the API: ports for this machine or for all, on IPv4 and IPv6, and a Unix socket.
//!
//! For another configuration those that it needs, too, are taken along, and new ones are opened before old ones close. So
//! nobody who connects meanwhile finds a closed door, and what cannot be opened leaves all as it was.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::{fs, io};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};

use super::Error;
use crate::base::limits;
use crate::config::{ApiMode, Config};
use crate::http::front::Listener;

/// Who may connect to the Unix socket: user and group of the daemon.
const SOCKET_MODE: u32 = 0o660;

/// Those that are open.
#[derive(Default)]
pub(super) struct Sockets(Vec<Open>);

struct Open {
    place: Place,
    listener: Listener,
}

#[derive(Clone, PartialEq, Eq)]
enum Place {
    Tcp(SocketAddr),
    /// The path, and which file is ours there.
    Unix(PathBuf, Inode),
}

/// Device and number of a file.
pub(super) type Inode = (u64, u64);

impl Sockets {
    /// Those of a configuration; what is open here and needed there is the same in both.
    pub(super) fn moved_to(&self, config: &Config) -> Result<Sockets, Error> {
        let mut next = Sockets::default();
        for address in addresses(config) {
            if !next.take_along(self, address)? {
                let same_port: Vec<&TcpListener> = self
                    .tcp()
                    .filter(|(held, _)| held.port() == address.port())
                    .map(|(_, listener)| listener)
                    .collect();
                match bind(address, &same_port) {
                    Ok(listener) => next.0.push(Open { place: Place::Tcp(address), listener: listener.into() }),
                    // A host without IPv6.
                    Err(error) if address.is_ipv6() && is_absent(&error) => {}
                    Err(error) => return Err(Error::Listen(address, error)),
                }
            }
        }
        if config.api.mode == ApiMode::Network {
            // Who connects to this machine while it changes its mode need not find nobody there.
            for address in loopback(config.api.port) {
                next.take_along(self, address)?;
            }
        }
        next.move_socket(self, &config.api.socket)?;
        Ok(next)
    }

    /// The same socket in both, if it is open there.
    fn take_along(&mut self, old: &Sockets, address: SocketAddr) -> Result<bool, Error> {
        let held = old.tcp().find(|(held, _)| *held == address);
        let Some((_, listener)) = held else { return Ok(false) };
        let listener = listener.try_clone().map_err(|error| Error::Listen(address, error))?;
        self.0.push(Open { place: Place::Tcp(address), listener: listener.into() });
        Ok(true)
    }

    fn move_socket(&mut self, old: &Sockets, path: &Path) -> Result<(), Error> {
        if path.as_os_str().is_empty() {
            return Ok(());
        }
        let failed = |error: io::Error| Error::Socket(path.to_path_buf(), error);
        let held = old.0.iter().find(|open| matches!(&open.place, Place::Unix(held, inode) if held == path && inode_of(path).is_ok_and(|now| now == *inode)));
        let open = match held {
            Some(open) => Open { place: open.place.clone(), listener: open.listener.try_clone().map_err(failed)? },
            None => {
                let (listener, inode) = bind_unix(path).map_err(failed)?;
                Open { place: Place::Unix(path.to_path_buf(), inode), listener: Listener::Unix(listener) }
            }
        };
        self.0.push(open);
        Ok(())
    }

    fn tcp(&self) -> impl Iterator<Item = (SocketAddr, &TcpListener)> {
        self.0.iter().filter_map(|open| match (&open.place, &open.listener) {
            (Place::Tcp(address), Listener::Tcp(listener)) => Some((*address, listener)),
            _ => None,
        })
    }

    /// Handles to them for a door.
    pub(super) fn listeners(&self) -> io::Result<Vec<Listener>> {
        self.0.iter().map(|open| open.listener.try_clone()).collect()
    }

    /// The ports' addresses, as people write them.
    pub(super) fn addresses(&self) -> Vec<String> {
        self.tcp().map(|(address, _)| address.to_string()).collect()
    }

    /// Closes them, and takes away the files of those that are not among the others.
    pub(super) fn close(self, others: &Sockets) {
        for open in self.0 {
            if let Place::Unix(path, inode) = &open.place
                && others.0.iter().all(|other| other.place != open.place)
                && inode_of(path).is_ok_and(|now| now == *inode)
            {
                let _ = fs::remove_file(path);
            }
        }
    }
}

fn loopback(port: u16) -> [SocketAddr; 2] {
    [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].map(|address| (address, port).into())
}

fn addresses(config: &Config) -> Vec<SocketAddr> {
    match config.api.mode {
        _ if config.api.port == 0 => Vec::new(),
        ApiMode::Local => loopback(config.api.port).to_vec(),
        ApiMode::Network => [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)]
            .into_iter()
            .map(|address| (address, config.api.port).into())
            .collect(),
    }
}

/// Whether the host lacks the address, or the whole family.
fn is_absent(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let errno = Errno::from_io_error(error);
    [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL, Errno::PROTONOSUPPORT].into_iter().any(|absent| errno == Some(absent))
}

/// Listens there. `beside` are ours on the same port: the kernel lets one of all addresses and one of this machine's stand
/// side by side if all of them say so. They say it for this moment only, or other programs of our user could join them.
fn bind(address: SocketAddr, beside: &[&TcpListener]) -> io::Result<TcpListener> {
    let socket = socket_for(address)?;
    if address.is_ipv6() {
        // IPv4 has a socket of its own, whatever /proc/sys/net/ipv6/bindv6only says.
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    bind_beside(socket, address, beside)
}

/// One that is bound to nothing yet.
pub(super) fn socket_for(address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = rustix::net::socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    Ok(socket)
}

/// The same for a socket that is made already.
pub(super) fn bind_beside(socket: OwnedFd, address: SocketAddr, beside: &[&TcpListener]) -> io::Result<TcpListener> {
    let share = |is_on: bool| {
        beside.iter().try_for_each(|other| sockopt::set_socket_reuseport(other, is_on))?;
        if beside.is_empty() { Ok(()) } else { sockopt::set_socket_reuseport(&socket, is_on) }
    };
    share(true)?;
    let outcome =
        rustix::net::bind(&socket, &address).and_then(|()| rustix::net::listen(&socket, limits::LISTEN_BACKLOG));
    share(false)?;
    outcome?;
    Ok(TcpListener::from(socket))
}

/// Listens at a path. A file that nobody answers at is of a daemon that was killed; anything else stays.
pub(super) fn bind_unix(path: &Path) -> io::Result<(UnixListener, Inode)> {
    let taken = |why: &str| Err(io::Error::new(io::ErrorKind::AddrInUse, why));
    match fs::symlink_metadata(path) {
        Ok(meta) if !meta.file_type().is_socket() => return taken("there is a file that is no socket"),
        Ok(_) => match UnixStream::connect(path) {
            Ok(_) => return taken("another program answers there"),
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => {}
            Err(error) => return Err(error),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(dir) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(dir)?;
    }
    // Under its name only when it is complete: nobody finds it closed, or open to all.
    let draft = draft(path);
    let _ = fs::remove_file(&draft);
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(&draft)?)?;
    let ready = fs::set_permissions(&draft, fs::Permissions::from_mode(SOCKET_MODE))
        .and_then(|()| Ok(rustix::net::listen(&socket, limits::LISTEN_BACKLOG)?))
        .and_then(|()| inode_of(&draft))
        .and_then(|inode| fs::rename(&draft, path).map(|()| inode));
    let inode = ready.inspect_err(|_| drop(fs::remove_file(&draft)))?;
    Ok((UnixListener::from(socket), inode))
}

fn draft(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".new");
    PathBuf::from(name)
}

pub(super) fn inode_of(path: &Path) -> io::Result<Inode> {
    fs::symlink_metadata(path).map(|meta| (meta.dev(), meta.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(mode: ApiMode, port: u16, socket: &Path) -> Config {
        let mut config = Config::default();
        (config.api.mode, config.api.port, config.api.socket) = (mode, port, socket.to_path_buf());
        config
    }

    /// A port that nobody has, on both families.
    /// It is below those that the system gives to connections, which other tests make meanwhile.
    fn free_port() -> u16 {
        let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
        (20_000..32_000).find(is_free).unwrap()
    }

    #[test]
    fn modes_follow_each_other_on_one_port() {
        let port = free_port();
        let open = |mode, old: &Sockets| old.moved_to(&config(mode, port, Path::new(""))).unwrap();
        let local = open(ApiMode::Local, &Sockets::default());
        assert_eq!(local.addresses()[0], format!("127.0.0.1:{port}"));
        let network = open(ApiMode::Network, &local);
        assert!(network.addresses().contains(&format!("0.0.0.0:{port}")), "{:?}", network.addresses());
        local.close(&network);
        // One that began as such has no sockets of this machine alone.
        let fresh = Sockets(
            network
                .0
                .into_iter()
                .filter(|open| matches!(&open.place, Place::Tcp(at) if at.ip().is_unspecified()))
                .collect(),
        );
        let local = open(ApiMode::Local, &fresh);
        fresh.close(&local);
        let error = Sockets::default().moved_to(&config(ApiMode::Network, port, Path::new(""))).err().unwrap();
        assert!(
            matches!(error, Error::Listen(_, error) if error.kind() == io::ErrorKind::AddrInUse),
            "it is not shared with others"
        );
        let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        drop((local, stream));
    }

    #[test]
    fn a_socket_in_the_file_system() {
        let dir = std::env::temp_dir().join(format!("botmother-sockets-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        let path = dir.join("deep/api.sock");
        // Without a port, as another test might take it.
        let open = |old: &Sockets| old.moved_to(&config(ApiMode::Local, 0, &path));
        let first = open(&Sockets::default()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, SOCKET_MODE);
        let why = open(&Sockets::default()).err().unwrap().to_string();
        assert!(why.contains("another program answers there"), "{why}");
        // Taken along it is the same; closed it goes.
        let second = open(&first).unwrap();
        first.close(&second);
        UnixStream::connect(&path).unwrap();
        second.close(&Sockets::default());
        assert!(!path.exists());
        // Of a daemon that was killed.
        drop(UnixListener::bind(&path).unwrap());
        let third = open(&Sockets::default()).unwrap();
        UnixStream::connect(&path).unwrap();
        // Somebody has put another one there: that is his.
        fs::remove_file(&path).unwrap();
        let other = UnixListener::bind(&path).unwrap();
        third.close(&Sockets::default());
        assert!(path.exists());
        drop(other);
        fs::remove_file(&path).unwrap();
        fs::write(&path, "no socket").unwrap();
        let why = open(&Sockets::default()).err().unwrap().to_string();
        assert!(why.contains("no socket"), "{why}");
        fs::remove_dir_all(&dir).unwrap();
    }
}
