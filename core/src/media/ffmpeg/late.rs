//! FFmpeg's libraries, loaded with the first file that needs them. Linked as others are, they and the 150 that they bring
//! would be loaded by every process at its start, and take 40 MB of memory.
//!
//! Each function that is called stands here under its own name, and jumps to where the library has it. So the linker finds
//! all of them and leaves the libraries out; one that is missing in this list brings its library back, which a test sees.
#![allow(unsafe_code, reason = "functions of a library that is loaded by hand")]

use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use ffmpeg_next::ffi;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

/// The functions of one library, with where they are.
type Functions = &'static [(&'static str, &'static AtomicPtr<c_void>)];

/// Nothing is called before `load` has said that all is there: this is a fault of the program, and says so.
extern "C" fn too_early() -> ! {
    std::process::abort()
}

macro_rules! functions {
    ($list:ident: $($name:ident)*) => {
        $(mod $name {
            use super::{AtomicPtr, c_void, too_early};

            pub(super) static PLACE: AtomicPtr<c_void> = AtomicPtr::new(too_early as *mut c_void);

            // Arguments and what is returned are the library's affair: nothing but the address is touched.
            #[cfg(target_arch = "x86_64")]
            #[unsafe(naked)]
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name() {
                std::arch::naked_asm!(
                    concat!(".hidden ", stringify!($name)),
                    "jmp qword ptr [rip + {place}]",
                    place = sym PLACE,
                )
            }

            #[cfg(target_arch = "aarch64")]
            #[unsafe(naked)]
            #[unsafe(no_mangle)]
            unsafe extern "C" fn $name() {
                std::arch::naked_asm!(
                    concat!(".hidden ", stringify!($name)),
                    "adrp x16, {place}",
                    "ldr x16, [x16, :lo12:{place}]",
                    "br x16",
                    place = sym PLACE,
                )
            }
        })*

        static $list: Functions = &[$((stringify!($name), &$name::PLACE)),*];
    };
}

functions! { UTIL:
    av_color_primaries_name av_color_range_name av_color_space_name av_color_transfer_name av_d2q av_dict_copy
    av_dict_free av_dict_get av_dict_set av_frame_alloc av_frame_copy av_frame_copy_props av_frame_free
    av_frame_get_buffer av_frame_unref av_free av_freep av_get_bits_per_pixel av_get_bytes_per_sample
    av_get_channel_layout_nb_channels av_get_default_channel_layout av_get_sample_fmt_name av_log_get_flags
    av_log_get_level av_log_set_flags av_log_set_level av_mallocz av_opt_set_bin av_opt_set_dict av_pix_fmt_desc_get
    av_realloc av_reduce av_rescale_q av_sample_fmt_is_planar av_strdup av_strerror
}
functions! { CODEC:
    av_codec_is_decoder av_codec_is_encoder av_init_packet av_new_packet av_packet_make_writable av_packet_ref
    av_packet_rescale_ts av_packet_unref avcodec_alloc_context3 avcodec_close avcodec_configuration
    avcodec_encode_subtitle avcodec_find_decoder avcodec_find_decoder_by_name avcodec_find_encoder
    avcodec_find_encoder_by_name avcodec_flush_buffers avcodec_free_context avcodec_get_name avcodec_get_type
    avcodec_license avcodec_open2 avcodec_parameters_alloc avcodec_parameters_copy avcodec_parameters_free
    avcodec_parameters_from_context avcodec_parameters_to_context avcodec_receive_frame avcodec_receive_packet
    avcodec_send_frame avcodec_send_packet avcodec_version
}
functions! { FORMAT:
    av_dump_format av_find_best_stream av_interleaved_write_frame av_read_frame av_read_pause av_read_play
    av_write_trailer avformat_alloc_context avformat_alloc_output_context2 avformat_close_input avformat_configuration
    avformat_find_stream_info avformat_free_context avformat_license avformat_network_deinit avformat_network_init
    avformat_new_stream avformat_open_input avformat_seek_file avformat_version avformat_write_header
    avio_alloc_context avio_close avio_context_free avio_flush avio_size
}
functions! { FILTER:
    av_buffersink_get_frame av_buffersink_get_samples av_buffersink_get_time_base av_buffersink_set_frame_size
    av_buffersrc_add_frame av_buffersrc_close av_buffersrc_get_nb_failed_requests avfilter_configuration
    avfilter_get_by_name avfilter_graph_alloc avfilter_graph_config avfilter_graph_create_filter avfilter_graph_dump
    avfilter_graph_free avfilter_graph_get_filter avfilter_graph_parse_ptr avfilter_inout_alloc avfilter_inout_free
    avfilter_license avfilter_link avfilter_pad_count avfilter_pad_get_name avfilter_pad_get_type avfilter_version
}

/// Loads the libraries, of the versions that this was built for. Once: what failed fails again.
pub(super) fn load() -> Result<(), String> {
    static LOADED: OnceLock<Result<(), String>> = OnceLock::new();
    let libraries = [
        ("avutil", ffi::LIBAVUTIL_VERSION_MAJOR, UTIL),
        ("avcodec", ffi::LIBAVCODEC_VERSION_MAJOR, CODEC),
        ("avformat", ffi::LIBAVFORMAT_VERSION_MAJOR, FORMAT),
        ("avfilter", ffi::LIBAVFILTER_VERSION_MAJOR, FILTER),
    ];
    LOADED
        .get_or_init(|| {
            libraries.into_iter().try_for_each(|(name, version, functions)| {
                fill(&format!("lib{name}.so.{version}"), functions).map_err(|error| error.to_string())
            })
        })
        .clone()
}

fn fill(file: &str, functions: Functions) -> Result<(), libloading::Error> {
    // SAFETY: FFmpeg's libraries do nothing but prepare tables when they are loaded.
    let library = unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL)? };
    for (name, place) in functions {
        // SAFETY: it is only ever called by the declarations in FFmpeg's headers, of this version.
        let found = unsafe { library.get::<*mut c_void>(name.as_bytes())? };
        place.store(found.into_raw(), Ordering::Release);
    }
    // Its functions are called until the end.
    std::mem::forget(library);
    Ok(())
}
