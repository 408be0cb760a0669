//! What several targets are made of: records out of any bytes, and recordings of them with right sums, which bytes that were made by
//! chance never have.

use tracer::capture::recording::{Header, MAGIC, Sum, Tag, Trailer, VERSION};
use tracer_common::event::{Blob, Head, align};
use tracer_common::record::records;

/// The command of every recording that is made here.
pub const COMMAND: u32 = 1;
/// How many tasks there are: few, so that records meet.
const TASKS: u32 = 8;

/// The bytes as whole records: what their heads say of lengths, blobs and tasks is mended, and nothing else.
pub fn whole_records(mut bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(mut head) = Head::read(bytes) {
        bytes = &bytes[size_of::<Head>()..];
        let (mut blobs, mut count) = (Vec::new(), 0);
        while count < head.blobs % 16
            && let Some(mut blob) = Blob::read(bytes)
        {
            bytes = &bytes[size_of::<Blob>()..];
            blob.len = (blob.len % 0x1_0000).min(bytes.len() as u32);
            let (inside, behind) = bytes.split_at(blob.len as usize);
            blobs.extend_from_slice(blob.bytes());
            blobs.extend_from_slice(inside);
            blobs.resize(align(blobs.len()), 0);
            bytes = behind.get(align(inside.len()) - inside.len()..).unwrap_or_default();
            count += 1;
        }
        head.blobs = count;
        head.len = (size_of::<Head>() + blobs.len()) as u32;
        (head.tid, head.tgid) = (1 + head.tid % TASKS, 1 + head.tgid % TASKS);
        all.extend_from_slice(head.bytes());
        all.extend_from_slice(&blobs);
    }
    all
}

/// A whole recording of these records.
pub fn recording(batch: &[u8]) -> Vec<u8> {
    let header = Header {
        tracer: "0".to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        source: "ebpf".to_owned(),
        command_pid: COMMAND,
        follow: true,
        ..Header::default()
    };
    let trailer = Trailer { records: records(batch).count() as u64, exit_code: Some(0), ..Trailer::default() };
    let text = |json: serde_json::Result<Vec<u8>>| json.expect("plain fields");
    recording_of(&text(serde_json::to_vec(&header)), batch, &text(serde_json::to_vec(&trailer)))
}

/// A recording of three sections that have these bytes.
pub fn recording_of(header: &[u8], batch: &[u8], trailer: &[u8]) -> Vec<u8> {
    let (mut sum, mut out) = (Sum::default(), MAGIC.to_vec());
    out.extend_from_slice(&VERSION.to_le_bytes());
    let mut section = |tag: Tag, bytes: &[u8]| {
        out.extend_from_slice(&tag.bytes());
        out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        out.extend_from_slice(&sum.add(tag, bytes).to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(bytes);
    };
    section(Tag::Head, header);
    section(Tag::Records, batch);
    section(Tag::Tail, trailer);
    out
}

/// Bytes that command no terminal: ASCII that can be seen, and ends of lines.
pub fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|&b| b == b'\n' || (b' '..=b'~').contains(&b))
}

/// Text in which nothing is a control character but the ends of lines.
pub fn is_calm(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control())
}
