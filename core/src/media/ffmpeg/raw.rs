//! What FFmpeg's structures say and its safe bindings do not show. All unsafe code of the media pipeline is here; it
//! only reads and writes plain fields of structures that the caller's reference keeps alive.

#![allow(unsafe_code, reason = "fields of AVCodecParameters and AVStream have no safe accessor")]

use ff::ffi::{AVColorRange, AVColorSpace, AVColorTransferCharacteristic, AVFieldOrder, AVPixelFormat};
use ffmpeg_next as ff;

/// What a stream of pictures says of itself.
#[derive(Clone, Debug)]
pub(super) struct PictureFacts {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Shape of a pixel, across to down; 1 to 1 where it is not said.
    pub(super) pixel: (u32, u32),
    /// Eight bits, 4:2:0, limited range: what every player takes.
    pub(super) is_plain: bool,
    pub(super) interlaced: bool,
    pub(super) transfer: Transfer,
    /// Whether the file says by which matrix its colours are coded.
    pub(super) matrix_known: bool,
    /// Whether black is 0 and not 16.
    pub(super) full_range: bool,
    pub(super) wide_gamut: bool,
}

/// How brightness is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transfer {
    Standard,
    Pq,
    Hlg,
}

pub(super) fn picture(parameters: &ff::codec::Parameters) -> PictureFacts {
    // SAFETY: the reference keeps the structure alive, and nothing writes to it meanwhile.
    let p = unsafe { &*parameters.as_ptr() };
    let side = |value: i32| u32::try_from(value).unwrap_or_default();
    let pixel = (side(p.sample_aspect_ratio.num), side(p.sample_aspect_ratio.den));
    PictureFacts {
        width: side(p.width),
        height: side(p.height),
        pixel: if pixel.0 == 0 || pixel.1 == 0 { (1, 1) } else { pixel },
        is_plain: p.format == AVPixelFormat::AV_PIX_FMT_YUV420P as i32
            && p.color_range != AVColorRange::AVCOL_RANGE_JPEG,
        interlaced: !matches!(
            p.field_order,
            AVFieldOrder::AV_FIELD_PROGRESSIVE | AVFieldOrder::AV_FIELD_UNKNOWN
        ),
        transfer: match p.color_trc {
            AVColorTransferCharacteristic::AVCOL_TRC_SMPTE2084 => Transfer::Pq,
            AVColorTransferCharacteristic::AVCOL_TRC_ARIB_STD_B67 => Transfer::Hlg,
            _ => Transfer::Standard,
        },
        matrix_known: !matches!(
            p.color_space,
            AVColorSpace::AVCOL_SPC_UNSPECIFIED | AVColorSpace::AVCOL_SPC_RESERVED
        ),
        full_range: p.color_range == AVColorRange::AVCOL_RANGE_JPEG,
        wide_gamut: matches!(
            p.color_space,
            AVColorSpace::AVCOL_SPC_BT2020_NCL | AVColorSpace::AVCOL_SPC_BT2020_CL
        ),
    }
}

/// Samples a second and channels of a stream of sound.
pub(super) fn sound(parameters: &ff::codec::Parameters) -> (u32, u32) {
    // SAFETY: as above.
    let p = unsafe { &*parameters.as_ptr() };
    (
        u32::try_from(p.sample_rate).unwrap_or_default(),
        u32::try_from(p.ch_layout.nb_channels).unwrap_or_default(),
    )
}

/// The codec's private data.
pub(super) fn extradata(parameters: &ff::codec::Parameters) -> Vec<u8> {
    // SAFETY: FFmpeg keeps `extradata_size` bytes at `extradata`, or none where it is null.
    unsafe {
        let p = &*parameters.as_ptr();
        match usize::try_from(p.extradata_size) {
            Ok(size) if !p.extradata.is_null() => std::slice::from_raw_parts(p.extradata, size).to_vec(),
            _ => Vec::new(),
        }
    }
}

/// Gives a decoder its private data where no demuxer did. FFmpeg frees it with the parameters.
pub(super) fn set_extradata(parameters: &mut ff::codec::Parameters, bytes: &[u8]) -> Option<()> {
    const PADDING: usize = ff::ffi::AV_INPUT_BUFFER_PADDING_SIZE as usize;
    let size = i32::try_from(bytes.len()).ok()?;
    // SAFETY: the buffer is FFmpeg's own, zeroed, and longer than what is copied into it; the old one is freed.
    unsafe {
        let room = ff::ffi::av_mallocz(bytes.len() + PADDING).cast::<u8>();
        if room.is_null() {
            return None;
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), room, bytes.len());
        let p = &mut *parameters.as_mut_ptr();
        ff::ffi::av_freep((&raw mut p.extradata).cast());
        p.extradata = room;
        p.extradata_size = size;
    }
    Some(())
}

/// Lets the muxer choose the tag of a copied stream: that of the source belongs to another container.
pub(super) fn forget_tag(stream: &mut ff::StreamMut<'_>) {
    // SAFETY: the stream belongs to the output behind the exclusive reference.
    unsafe { (*(*stream.as_mut_ptr()).codecpar).codec_tag = 0 }
}

/// A frame to be filled by a decoder.
pub(super) fn empty_frame() -> ff::Frame {
    // SAFETY: a frame without buffers is what decoders expect; it frees itself.
    unsafe { ff::Frame::empty() }
}
