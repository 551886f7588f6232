//! Sockets and timers on one thread.

use std::net::{TcpListener, TcpStream};
use std::thread;

use smol::LocalExecutor;
use smol::future::FutureExt;
use smol::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const SOON: Duration = Duration::from_millis(20);

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let one = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (one, listener.accept().unwrap().0)
}

#[test]
fn timers_ring_in_their_order() {
    let order = RefCell::new(Vec::new());
    let begun = Instant::now();
    block_on(async {
        let executor = LocalExecutor::new();
        let tasks: Vec<_> = [3_u32, 1, 2]
            .into_iter()
            .map(|n| {
                let order = &order;
                executor.spawn(async move {
                    Timer::after(SOON * n).await;
                    order.borrow_mut().push(n);
                })
            })
            .collect();
        executor
            .run(async {
                for task in tasks {
                    task.await;
                }
            })
            .await;
        let mut moved = Timer::after(Duration::from_secs(60));
        assert_eq!(smol::future::poll_once(&mut moved).await, None);
        moved.set_at(Instant::now());
        moved.await;
        let never = async { Timer::never().await };
        Timer::after(SOON).or(never).await;
    });
    assert_eq!(*order.borrow(), [1, 2, 3]);
    assert!(begun.elapsed() >= SOON * 4 && begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_is_dropped_leaves_nothing_behind() {
    block_on(async {
        let reactor = Reactor::current().unwrap();
        for _ in 0..3 {
            let (one, other) = pair();
            let (one, _other) = (Watched::new(one).unwrap(), Watched::new(other).unwrap());
            let mut bytes = [0];
            let mut one = one;
            let read = one.read(&mut bytes);
            let timer = async {
                Timer::after(SOON).await;
                Ok(9)
            };
            assert_eq!(read.or(timer).await.unwrap(), 9);
        }
        assert!(reactor.timers.borrow().is_empty());
        assert_eq!(reactor.sources.borrow().all.iter().flatten().count(), 0);
        assert_eq!(reactor.sources.borrow().all.len(), 2, "numbers are used again");
    });
    assert!(Watched::new(pair().0).is_err(), "only where a reactor runs");
}

#[test]
fn another_thread_wakes() {
    let (tell, told) = async_channel::bounded(1);
    let thread = thread::spawn(move || {
        for number in 0..100 {
            if number % 10 == 0 {
                thread::sleep(Duration::from_millis(2));
            }
            tell.send_blocking(number).unwrap();
        }
    });
    let all = block_on(async {
        let mut all = Vec::new();
        while let Ok(number) = told.recv().await {
            all.push(number);
        }
        all
    });
    thread.join().unwrap();
    assert_eq!(all, (0..100).collect::<Vec<_>>());
}

/// More than the kernel takes at once, both ways, in pieces that end anywhere; and the end is found behind the last bytes.
#[test]
fn much_goes_both_ways_and_ends() {
    const BYTES: usize = 8 * 1024 * 1024;
    let (one, other) = pair();
    let echo = thread::spawn(move || {
        let mut from = other.try_clone().unwrap();
        io::copy(&mut from, &mut &other).unwrap()
    });
    let got = block_on(async {
        let (mut reader, mut writer) =
            (Watched::new(one.try_clone().unwrap()).unwrap(), Watched::new(one.try_clone().unwrap()).unwrap());
        let write = async {
            let mut left = BYTES;
            while left > 0 {
                let piece = left.min(100_003);
                writer.write_all(&vec![b'x'; piece]).await.unwrap();
                left -= piece;
            }
            writer.get_ref().shutdown(std::net::Shutdown::Write).unwrap();
        };
        let read = async {
            let mut got = Vec::new();
            reader.read_to_end(&mut got).await.unwrap();
            got.len()
        };
        smol::future::zip(write, read).await.1
    });
    assert_eq!((got, echo.join().unwrap()), (BYTES, BYTES as u64));
}

/// Bytes and the end come with one event: the end must not be waited for.
#[test]
fn an_end_right_behind_the_bytes_is_found() {
    for _ in 0..50 {
        let (one, mut other) = pair();
        other.write_all(b"last words").unwrap();
        drop(other);
        thread::sleep(Duration::from_millis(1));
        let got = block_on(async {
            let mut watched = Watched::new(one).unwrap();
            let mut got = Vec::new();
            let late = async {
                Timer::after(Duration::from_secs(5)).await;
                Err(io::ErrorKind::TimedOut.into())
            };
            watched.read_to_end(&mut got).or(late).await.map(|_| got)
        });
        assert_eq!(got.unwrap(), b"last words");
    }
}
