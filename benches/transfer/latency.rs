//! A proxy that makes each round trip cost something, the TCP handshake too.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// What a round trip costs.
pub const ROUND_TRIP: Duration = Duration::from_millis(40);

/// Starts a proxy to `upstream`; gives its port. It lives as long as the process.
pub fn proxy(upstream: SocketAddr) -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(serve(client, upstream, Instant::now()));
            }
        });
    });
    port
}

/// A connection on loopback is there at once: what the client says first waits for as long as
/// the handshake would have taken.
async fn serve(client: TcpStream, upstream: SocketAddr, accepted: Instant) -> io::Result<()> {
    let server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (client_reader, client_writer) = client.into_split();
    let (server_reader, server_writer) = server.into_split();
    tokio::spawn(carry(client_reader, server_writer, accepted + ROUND_TRIP));
    carry(server_reader, client_writer, accepted).await
}

/// Carries bytes one way, each half a round trip late; they may be any number on the way.
async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin + Send + 'static,
    not_before: Instant,
) -> io::Result<()> {
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(256);
    let writer = tokio::spawn(async move {
        while let Some((due, bytes)) = receiver.recv().await {
            sleep_until(due).await;
            to.write_all(&bytes).await?;
        }
        to.shutdown().await
    });
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        let due = Instant::now().max(not_before) + ROUND_TRIP / 2;
        if sender.send((due, buffer[..count].to_vec())).await.is_err() {
            break;
        }
    }
    drop(sender);
    writer.await?
}
