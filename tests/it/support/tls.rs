//! A loopback HTTPS server whose certificate nobody trusts by themselves.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

/// The server: answers one request, or fails to. It stops when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

/// The file of the authority that signed the server's certificate.
pub(crate) fn authority() -> String {
    fixture("authority.pem")
}

impl Server {
    /// Starts a server that sends these bytes to whoever accepts its certificate.
    pub(crate) fn start(answer: Vec<u8>) -> Self {
        Self::with_certificate("server.der", answer)
    }

    /// The same with one of the other certificates, which have something wrong with them.
    pub(crate) fn with_certificate(name: &str, answer: Vec<u8>) -> Self {
        let certificate = CertificateDer::from(std::fs::read(fixture(name)).unwrap());
        let key = PrivatePkcs8KeyDer::from(std::fs::read(fixture("server-key.der")).unwrap());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key))
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
            let mut stream = Stream::new(&mut connection, &mut socket);
            // A client that refuses the certificate makes these fail, which is its right.
            let mut request = [0; 16 * 1024];
            if stream.read(&mut request).is_ok() {
                let _ = stream.write_all(&answer);
            }
            connection.send_close_notify();
            let _ = connection.complete_io(&mut socket);
        });
        Self {
            address,
            thread: Some(thread),
        }
    }

    /// Its address as `https://127.0.0.1:4711`.
    pub(crate) fn url(&self) -> String {
        format!("https://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whoever never connected would leave the thread waiting.
        drop(std::net::TcpStream::connect(self.address));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/tls/{name}", env!("CARGO_MANIFEST_DIR"))
}
