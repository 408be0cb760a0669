//! Requests of cameras and receivers (V4L2).

use super::super::types::Device;
use super::super::types::Join::{Arrow, Within};
use super::super::types::Len::Fixed;
use super::super::types::Special as S;
use super::super::types::Ty::{self, *};
use super::fs::number;
use crate::schema::open::OPEN;
use crate::{records, requests, sets};

sets! {
    /// Of VIDIOC_STREAMON. include/uapi/linux/videodev2.h
    V4L2_BUF_TYPE "V4L2_BUF_TYPE_"
    choice all: V4L2_BUF_TYPE_VIDEO_CAPTURE = 1, V4L2_BUF_TYPE_VIDEO_OUTPUT = 2, V4L2_BUF_TYPE_VIDEO_OVERLAY = 3,
                V4L2_BUF_TYPE_VBI_CAPTURE = 4, V4L2_BUF_TYPE_VBI_OUTPUT = 5, V4L2_BUF_TYPE_SLICED_VBI_CAPTURE = 6,
                V4L2_BUF_TYPE_SLICED_VBI_OUTPUT = 7, V4L2_BUF_TYPE_VIDEO_OUTPUT_OVERLAY = 8,
                V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE = 9, V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE = 0xa, V4L2_BUF_TYPE_SDR_CAPTURE = 0xb,
                V4L2_BUF_TYPE_SDR_OUTPUT = 0xc, V4L2_BUF_TYPE_META_CAPTURE = 0xd, V4L2_BUF_TYPE_META_OUTPUT = 0xe;

    /// Of the member type. include/uapi/linux/videodev2.h
    V4L2_TUNER_SET "V4L2_TUNER_"
    choice all: V4L2_TUNER_RADIO = 1, V4L2_TUNER_ANALOG_TV = 2, V4L2_TUNER_DIGITAL_TV = 3, V4L2_TUNER_SDR = 4, V4L2_TUNER_RF = 5;

    /// Of the member capability. include/uapi/linux/videodev2.h
    V4L2_TUNER_CAP "V4L2_TUNER_CAP_"
    bits: V4L2_TUNER_CAP_LOW = 1, V4L2_TUNER_CAP_NORM = 2, V4L2_TUNER_CAP_HWSEEK_BOUNDED = 4, V4L2_TUNER_CAP_HWSEEK_WRAP = 8,
          V4L2_TUNER_CAP_STEREO = 0x10, V4L2_TUNER_CAP_LANG2 = 0x20, V4L2_TUNER_CAP_LANG1 = 0x40, V4L2_TUNER_CAP_RDS = 0x80,
          V4L2_TUNER_CAP_RDS_BLOCK_IO = 0x100, V4L2_TUNER_CAP_RDS_CONTROLS = 0x200, V4L2_TUNER_CAP_FREQ_BANDS = 0x400,
          V4L2_TUNER_CAP_HWSEEK_PROG_LIM = 0x800, V4L2_TUNER_CAP_1HZ = 0x1000;

    /// Of the member rxsubchans. include/uapi/linux/videodev2.h
    V4L2_TUNER_SUB "V4L2_TUNER_SUB_"
    bits: V4L2_TUNER_SUB_MONO = 1, V4L2_TUNER_SUB_STEREO = 2, V4L2_TUNER_SUB_LANG2 = 4, V4L2_TUNER_SUB_LANG1 = 8,
          V4L2_TUNER_SUB_RDS = 0x10;

    /// Of the member audmode. include/uapi/linux/videodev2.h
    V4L2_TUNER_MODE "V4L2_TUNER_MODE_"
    choice all: V4L2_TUNER_MODE_MONO = 0, V4L2_TUNER_MODE_STEREO = 1, V4L2_TUNER_MODE_LANG2 = 2, V4L2_TUNER_MODE_LANG1 = 3,
                V4L2_TUNER_MODE_LANG1_LANG2 = 4;

    /// Of the member capabilities. include/uapi/linux/videodev2.h
    V4L2_CAP "V4L2_CAP_"
    bits: V4L2_CAP_VIDEO_CAPTURE = 1, V4L2_CAP_VIDEO_OUTPUT = 2, V4L2_CAP_VIDEO_OVERLAY = 4, V4L2_CAP_VBI_CAPTURE = 0x10,
          V4L2_CAP_VBI_OUTPUT = 0x20, V4L2_CAP_SLICED_VBI_CAPTURE = 0x40, V4L2_CAP_SLICED_VBI_OUTPUT = 0x80,
          V4L2_CAP_RDS_CAPTURE = 0x100, V4L2_CAP_VIDEO_OUTPUT_OVERLAY = 0x200, V4L2_CAP_HW_FREQ_SEEK = 0x400,
          V4L2_CAP_RDS_OUTPUT = 0x800, V4L2_CAP_VIDEO_CAPTURE_MPLANE = 0x1000, V4L2_CAP_VIDEO_OUTPUT_MPLANE = 0x2000,
          V4L2_CAP_VIDEO_M2M_MPLANE = 0x4000, V4L2_CAP_VIDEO_M2M = 0x8000, V4L2_CAP_TUNER = 0x10000, V4L2_CAP_AUDIO = 0x20000,
          V4L2_CAP_RADIO = 0x40000, V4L2_CAP_MODULATOR = 0x80000, V4L2_CAP_SDR_CAPTURE = 0x100000,
          V4L2_CAP_EXT_PIX_FORMAT = 0x200000, V4L2_CAP_SDR_OUTPUT = 0x400000, V4L2_CAP_META_CAPTURE = 0x800000,
          V4L2_CAP_READWRITE = 0x1000000, V4L2_CAP_EDID = 0x2000000, V4L2_CAP_STREAMING = 0x4000000,
          V4L2_CAP_META_OUTPUT = 0x8000000, V4L2_CAP_TOUCH = 0x10000000, V4L2_CAP_DEVICE_CAPS = 0x80000000;

    /// Of the member id. include/uapi/linux/videodev2.h
    V4L2_CID "V4L2_CID_"
    choice all: V4L2_CID_MAX_CTRLS = 0x400, V4L2_CID_PRIVATE_BASE = 0x8000000;

    /// Of formats. include/uapi/linux/videodev2.h
    V4L2_FMT_FLAG "V4L2_FMT_FLAG_"
    bits: V4L2_FMT_FLAG_COMPRESSED = 0x1,
          V4L2_FMT_FLAG_EMULATED = 0x2,
          V4L2_FMT_FLAG_CONTINUOUS_BYTESTREAM = 0x4,
          V4L2_FMT_FLAG_DYN_RESOLUTION = 0x8,
          V4L2_FMT_FLAG_ENC_CAP_FRAME_INTERVAL = 0x10,
          V4L2_FMT_FLAG_CSC_COLORSPACE = 0x20,
          V4L2_FMT_FLAG_CSC_XFER_FUNC = 0x40,
          V4L2_FMT_FLAG_CSC_YCBCR_ENC = 0x80,
          V4L2_FMT_FLAG_CSC_QUANTIZATION = 0x100,
          V4L2_FMT_FLAG_META_LINE_BASED = 0x200;

    /// Kinds of sizes. include/uapi/linux/videodev2.h
    V4L2_FRMSIZE "V4L2_FRMSIZE_TYPE_"
    choice all: V4L2_FRMSIZE_TYPE_DISCRETE = 1, V4L2_FRMSIZE_TYPE_CONTINUOUS = 2, V4L2_FRMSIZE_TYPE_STEPWISE = 3;

    /// Of the member memory. include/uapi/linux/videodev2.h
    V4L2_MEMORY "V4L2_MEMORY_"
    choice all: V4L2_MEMORY_MMAP = 1, V4L2_MEMORY_USERPTR = 2, V4L2_MEMORY_OVERLAY = 3, V4L2_MEMORY_DMABUF = 4;

    /// Of the member ctrl_class. include/uapi/linux/videodev2.h
    V4L2_CTRL_CLASS "V4L2_CTRL_CLASS_"
    choice all: V4L2_CTRL_CLASS_USER = 0x980000, V4L2_CTRL_CLASS_CODEC = 0x990000, V4L2_CTRL_CLASS_CAMERA = 0x9a0000,
                V4L2_CTRL_CLASS_FM_TX = 0x9b0000, V4L2_CTRL_CLASS_FLASH = 0x9c0000, V4L2_CTRL_CLASS_JPEG = 0x9d0000,
                V4L2_CTRL_CLASS_IMAGE_SOURCE = 0x9e0000, V4L2_CTRL_CLASS_IMAGE_PROC = 0x9f0000, V4L2_CTRL_CLASS_DV = 0xa00000,
                V4L2_CTRL_CLASS_FM_RX = 0xa10000, V4L2_CTRL_CLASS_RF_TUNER = 0xa20000, V4L2_CTRL_CLASS_DETECT = 0xa30000,
                V4L2_CTRL_CLASS_CODEC_STATELESS = 0xa40000, V4L2_CTRL_CLASS_COLORIMETRY = 0xa50000;

    /// Of the member id. include/uapi/linux/videodev2.h
    V4L2_CID_SET "V4L2_CID_"
    bits: V4L2_CTRL_FLAG_NEXT_CTRL = 0x80000000, V4L2_CTRL_FLAG_NEXT_COMPOUND = 0x40000000;

    /// Of the member type. include/uapi/linux/videodev2.h
    V4L2_CTRL_TYPE "V4L2_CTRL_TYPE_"
    choice all: V4L2_CTRL_TYPE_INTEGER = 1, V4L2_CTRL_TYPE_BOOLEAN = 2, V4L2_CTRL_TYPE_MENU = 3, V4L2_CTRL_TYPE_BUTTON = 4,
                V4L2_CTRL_TYPE_INTEGER64 = 5, V4L2_CTRL_TYPE_CTRL_CLASS = 6, V4L2_CTRL_TYPE_STRING = 7, V4L2_CTRL_TYPE_BITMASK = 8,
                V4L2_CTRL_TYPE_INTEGER_MENU = 9, V4L2_CTRL_TYPE_U8 = 0x100, V4L2_CTRL_TYPE_U16 = 0x101, V4L2_CTRL_TYPE_U32 = 0x102,
                V4L2_CTRL_TYPE_AREA = 0x106, V4L2_CTRL_TYPE_RECT = 0x107, V4L2_CTRL_TYPE_HDR10_CLL_INFO = 0x110,
                V4L2_CTRL_TYPE_HDR10_MASTERING_DISPLAY = 0x111, V4L2_CTRL_TYPE_H264_SPS = 0x200, V4L2_CTRL_TYPE_H264_PPS = 0x201,
                V4L2_CTRL_TYPE_H264_SCALING_MATRIX = 0x202, V4L2_CTRL_TYPE_H264_SLICE_PARAMS = 0x203,
                V4L2_CTRL_TYPE_H264_DECODE_PARAMS = 0x204, V4L2_CTRL_TYPE_H264_PRED_WEIGHTS = 0x205,
                V4L2_CTRL_TYPE_FWHT_PARAMS = 0x220, V4L2_CTRL_TYPE_VP8_FRAME = 0x240, V4L2_CTRL_TYPE_MPEG2_QUANTISATION = 0x250,
                V4L2_CTRL_TYPE_MPEG2_SEQUENCE = 0x251, V4L2_CTRL_TYPE_MPEG2_PICTURE = 0x252,
                V4L2_CTRL_TYPE_VP9_COMPRESSED_HDR = 0x260, V4L2_CTRL_TYPE_VP9_FRAME = 0x261, V4L2_CTRL_TYPE_HEVC_SPS = 0x270,
                V4L2_CTRL_TYPE_HEVC_PPS = 0x271, V4L2_CTRL_TYPE_HEVC_SLICE_PARAMS = 0x272,
                V4L2_CTRL_TYPE_HEVC_SCALING_MATRIX = 0x273, V4L2_CTRL_TYPE_HEVC_DECODE_PARAMS = 0x274,
                V4L2_CTRL_TYPE_HEVC_EXT_SPS_ST_RPS = 0x275, V4L2_CTRL_TYPE_HEVC_EXT_SPS_LT_RPS = 0x276,
                V4L2_CTRL_TYPE_AV1_SEQUENCE = 0x280, V4L2_CTRL_TYPE_AV1_TILE_GROUP_ENTRY = 0x281, V4L2_CTRL_TYPE_AV1_FRAME = 0x282,
                V4L2_CTRL_TYPE_AV1_FILM_GRAIN = 0x283;

    /// Of the member flags. include/uapi/linux/videodev2.h
    V4L2_CTRL_FLAG "V4L2_CTRL_FLAG_"
    bits: V4L2_CTRL_FLAG_DISABLED = 1, V4L2_CTRL_FLAG_GRABBED = 2, V4L2_CTRL_FLAG_READ_ONLY = 4, V4L2_CTRL_FLAG_UPDATE = 8,
          V4L2_CTRL_FLAG_INACTIVE = 0x10, V4L2_CTRL_FLAG_SLIDER = 0x20, V4L2_CTRL_FLAG_WRITE_ONLY = 0x40,
          V4L2_CTRL_FLAG_VOLATILE = 0x80, V4L2_CTRL_FLAG_HAS_PAYLOAD = 0x100, V4L2_CTRL_FLAG_EXECUTE_ON_WRITE = 0x200,
          V4L2_CTRL_FLAG_MODIFY_LAYOUT = 0x400, V4L2_CTRL_FLAG_DYNAMIC_ARRAY = 0x800, V4L2_CTRL_FLAG_HAS_WHICH_MIN_MAX = 0x1000;
}

records! {
    /// struct v4l2_fmtdesc, as it goes in. include/uapi/linux/videodev2.h
    V4L2_FMTDESC 64 same { index: 0 4 Uint, type: 4 4 Set32(&V4L2_BUF_TYPE) }
    /// The same as it comes back.
    V4L2_FMTDESC_DONE 64 same {
        flags: 8 4 Set32(&V4L2_FMT_FLAG), description: 12 32 Chars, pixelformat: 44 4 Special(S::Device(Device::Fourcc))
    }
    /// struct v4l2_exportbuffer. include/uapi/linux/videodev2.h
    V4L2_EXPORTBUFFER 64 same { type: 0 4 Set32(&V4L2_BUF_TYPE), index: 4 4 Uint, plane: 8 4 Uint, flags: 12 4 Set32(&OPEN) }
    /// The same as it comes back.
    V4L2_EXPORTBUFFER_DONE 64 same { fd: 16 4 Int }
    /// struct v4l2_frmsizeenum, as it goes in. include/uapi/linux/videodev2.h
    V4L2_FRMSIZEENUM 44 same { index: 0 4 Uint, pixel_format: 4 4 Special(S::Device(Device::Fourcc)) }
    /// The same as it comes back.
    V4L2_FRMSIZEENUM_DONE 44 same { type: 8 4 Set32(&V4L2_FRMSIZE), discrete: 12 8 By(frame_size), stepwise: 12 24 By(frame_sizes) }
    /// struct v4l2_frmsize_discrete. include/uapi/linux/videodev2.h
    V4L2_FRMSIZE_DISCRETE 8 same { width: 0 4 Uint, height: 4 4 Uint }
    /// struct v4l2_frmsize_stepwise. include/uapi/linux/videodev2.h
    V4L2_FRMSIZE_STEPWISE 24 same {
        min_width: 0 4 Uint, max_width: 4 4 Uint, step_width: 8 4 Uint, min_height: 12 4 Uint, max_height: 16 4 Uint,
        step_height: 20 4 Uint
    }
    /// struct v4l2_rect. include/uapi/linux/videodev2.h
    V4L2_RECT 16 same {
        left: 0 4 Int, top: 4 4 Int, width: 8 4 Uint, height: 12 4 Uint
    }
    /// struct v4l2_crop. include/uapi/linux/videodev2.h
    V4L2_CROP 20 same {
        type: 0 4 Set32(&V4L2_BUF_TYPE), c: 4 16 Rec(&V4L2_RECT)
    }
    /// struct v4l2_framebuffer. include/uapi/linux/videodev2.h
    V4L2_FRAMEBUFFER 48 same {
        capability: 0 4 Hex32, flags: 4 4 Hex32, base: 8 8 Addr
    }
    /// struct v4l2_tuner. include/uapi/linux/videodev2.h
    V4L2_TUNER 84 same {
        index: 0 4 Uint, name: 4 32 Chars, type: 36 4 Set32(&V4L2_TUNER_SET), capability: 40 4 Set32(&V4L2_TUNER_CAP),
        rangelow: 44 4 Uint, rangehigh: 48 4 Uint, rxsubchans: 52 4 Set32(&V4L2_TUNER_SUB), audmode: 56 4 Set32(&V4L2_TUNER_MODE),
        signal: 60 4 Int, afc: 64 4 Int
    }
    /// struct v4l2_tuner. include/uapi/linux/videodev2.h
    V4L2_TUNER_DONE 84 same {
        name: 4 32 Chars, type: 36 4 Set32(&V4L2_TUNER_SET), capability: 40 4 Set32(&V4L2_TUNER_CAP), rangelow: 44 4 Uint,
        rangehigh: 48 4 Uint, rxsubchans: 52 4 Set32(&V4L2_TUNER_SUB), audmode: 56 4 Set32(&V4L2_TUNER_MODE), signal: 60 4 Int,
        afc: 64 4 Int
    }
    /// struct v4l2_capability. include/uapi/linux/videodev2.h
    V4L2_CAPABILITY 104 same {
        driver: 0 16 Chars, card: 16 32 Chars, bus_info: 48 32 Chars, version: 80 4 Special(S::KernelVersion),
        capabilities: 84 4 Set32(&V4L2_CAP), device_caps: 88 4 NonZero(&Set32(&V4L2_CAP))
    }
    /// struct v4l2_control. include/uapi/linux/videodev2.h
    V4L2_CONTROL 8 same {
        id: 0 4 Set32(&V4L2_CID)
    }
    /// struct v4l2_control. include/uapi/linux/videodev2.h
    V4L2_CONTROL_DONE 8 same {
        value: 4 4 Int
    }
    /// struct v4l2_control. include/uapi/linux/videodev2.h
    V4L2_CONTROL_2 8 same {
        id: 0 4 Set32(&V4L2_CID), value: 4 4 Int
    }
    /// struct v4l2_requestbuffers. include/uapi/linux/videodev2.h
    V4L2_REQUESTBUFFERS 20 same {
        type: 4 4 Set32(&V4L2_BUF_TYPE), memory: 8 4 Set32(&V4L2_MEMORY), count: 0 4 Uint
    }
    /// struct v4l2_crop. include/uapi/linux/videodev2.h
    V4L2_CROP_2 20 same {
        type: 0 4 Set32(&V4L2_BUF_TYPE)
    }
    /// struct v4l2_crop. include/uapi/linux/videodev2.h
    V4L2_CROP_DONE 20 same {
        c: 4 16 Rec(&V4L2_RECT)
    }
    /// struct v4l2_ext_controls, of which a driver may say which is wrong. include/uapi/linux/videodev2.h
    V4L2_EXT_CONTROLS 32 same {
        ctrl_class: 0 4 Set32(&V4L2_CTRL_CLASS), count: 4 4 Uint, controls: 24 8 By(controls), error_idx: 8 4 By(wrong)
    }
    /// struct v4l2_ext_controls. include/uapi/linux/videodev2.h
    V4L2_EXT_CONTROLS_2 32 same {
        ctrl_class: 0 4 Set32(&V4L2_CTRL_CLASS), count: 4 4 Uint, controls: 24 8 By(controls)
    }
    /// struct v4l2_ext_controls. include/uapi/linux/videodev2.h
    V4L2_EXT_CONTROLS_3 32 same {
        ctrl_class: 0 4 Set32(&V4L2_CTRL_CLASS), count: 4 4 Uint, controls: 24 8 By(controls)
    }
    /// struct v4l2_querymenu. include/uapi/linux/videodev2.h
    V4L2_QUERYMENU 44 same {
        id: 0 4 Set32(&V4L2_CID), index: 4 4 Uint
    }
    /// struct v4l2_querymenu. include/uapi/linux/videodev2.h
    V4L2_QUERYMENU_DONE 44 same {
        name: 8 32 Chars, value: 8 8 Long
    }
    /// struct v4l2_cropcap. include/uapi/linux/videodev2.h
    V4L2_CROPCAP 44 same {
        type: 0 4 Set32(&V4L2_BUF_TYPE)
    }
    /// struct v4l2_cropcap. include/uapi/linux/videodev2.h
    V4L2_CROPCAP_DONE 44 same {
        bounds: 4 16 Rec(&V4L2_RECT), defrect: 20 16 Rec(&V4L2_RECT), pixelaspect: 36 8 Special(S::Device(Device::Ratio))
    }
    /// struct v4l2_queryctrl. include/uapi/linux/videodev2.h
    V4L2_QUERYCTRL 68 same {
        id: 0 4 Set32(&V4L2_CID_SET)
    }
    /// struct v4l2_queryctrl. include/uapi/linux/videodev2.h
    V4L2_QUERYCTRL_DONE 68 same {
        type: 4 4 Set32(&V4L2_CTRL_TYPE), name: 8 32 Chars, minimum: 40 4 Full(&Int), maximum: 44 4 Full(&Int),
        step: 48 4 Full(&Int), default_value: 52 4 Full(&Int), flags: 56 4 Full(&Set32(&V4L2_CTRL_FLAG)),
        reserved: 60 8 Full(&Array(&Hex32, Fixed(2)))
    }
    /// struct v4l2_standard. include/uapi/linux/videodev2.h
    V4L2_STANDARD 72 same {
        index: 0 4 Uint
    }
    /// struct v4l2_standard. include/uapi/linux/videodev2.h
    V4L2_STANDARD_DONE 72 same {
        name: 16 24 Chars, frameperiod: 40 8 Special(S::Device(Device::Ratio)), framelines: 48 4 Uint
    }
    /// struct v4l2_tuner. include/uapi/linux/videodev2.h
    V4L2_TUNER_2 84 same {
        index: 0 4 Uint
    }
    /// struct v4l2_query_ext_ctrl. include/uapi/linux/videodev2.h
    V4L2_QUERY_EXT_CTRL 232 same {
        id: 0 4 Set32(&V4L2_CID_SET)
    }
    /// struct v4l2_query_ext_ctrl. include/uapi/linux/videodev2.h
    V4L2_QUERY_EXT_CTRL_DONE 232 same {
        type: 4 4 Set32(&V4L2_CTRL_TYPE), name: 8 32 Chars, minimum: 40 8 Full(&Long), maximum: 48 8 Full(&Long),
        step: 56 8 Full(&Ulong), default_value: 64 8 Full(&Long), flags: 72 4 Full(&Set32(&V4L2_CTRL_FLAG)),
        elem_size: 76 4 Full(&Uint), elems: 80 4 Full(&Uint), nr_of_dims: 84 4 Full(&Uint),
        dims: 88 16 Full(&Array(&Uint, Fixed(4))), reserved: 104 128 Full(&Array(&Hex32, Fixed(32)))
    }
}

fn controls(controls: &[u8]) -> &'static Ty {
    if number(controls, 4, 4) > 0 { &Addr } else { &Hidden }
}

fn wrong(controls: &[u8]) -> &'static Ty {
    if number(controls, 4, 4) > 0 { &Uint } else { &Hidden }
}

fn frame_size(size: &[u8]) -> &'static Ty {
    static DISCRETE: Ty = Rec(&V4L2_FRMSIZE_DISCRETE);
    if number(size, 8, 4) == V4L2_FRMSIZE.value("V4L2_FRMSIZE_TYPE_DISCRETE") { &DISCRETE } else { &Hidden }
}

fn frame_sizes(size: &[u8]) -> &'static Ty {
    static STEPWISE: Ty = Rec(&V4L2_FRMSIZE_STEPWISE);
    let kinds = ["V4L2_FRMSIZE_TYPE_CONTINUOUS", "V4L2_FRMSIZE_TYPE_STEPWISE"];
    if kinds.iter().any(|kind| number(size, 8, 4) == V4L2_FRMSIZE.value(kind)) { &STEPWISE } else { &Hidden }
}

requests! {
    /// include/uapi/linux/videodev2.h
    VIDEO:
    VIDIOC_QUERYCAP = 0x80685600 => Out(&Rec(&V4L2_CAPABILITY));
    VIDIOC_ENUM_FMT = 0xc0405602 => Both(&V4L2_FMTDESC, Within, &V4L2_FMTDESC_DONE);
    VIDIOC_REQBUFS = 0xc0145608 => Rec(&V4L2_REQUESTBUFFERS);
    VIDIOC_G_FBUF = 0x8030560a => Out(&Rec(&V4L2_FRAMEBUFFER));
    VIDIOC_S_FBUF = 0x4030560b => Rec(&V4L2_FRAMEBUFFER);
    VIDIOC_EXPBUF = 0xc0405610 => Both(&V4L2_EXPORTBUFFER, Arrow, &V4L2_EXPORTBUFFER_DONE);
    VIDIOC_STREAMON = 0x40045612 => Ptr(&Set32(&V4L2_BUF_TYPE));
    VIDIOC_STREAMOFF = 0x40045613 => Ptr(&Set32(&V4L2_BUF_TYPE));
    VIDIOC_G_STD = 0x80085617 => Out(&Ptr(&Wide(&Hex)));
    VIDIOC_S_STD = 0x40085618 => Ptr(&Wide(&Hex));
    VIDIOC_ENUMSTD = 0xc0485619 => Both(&V4L2_STANDARD, Within, &V4L2_STANDARD_DONE);
    VIDIOC_G_CTRL = 0xc008561b => Both(&V4L2_CONTROL, Within, &V4L2_CONTROL_DONE);
    VIDIOC_S_CTRL = 0xc008561c => Rec(&V4L2_CONTROL_2);
    VIDIOC_G_TUNER = 0xc054561d => Both(&V4L2_TUNER_2, Within, &V4L2_TUNER_DONE);
    VIDIOC_S_TUNER = 0x4054561e => Both(&V4L2_TUNER, Arrow, &V4L2_TUNER_DONE);
    VIDIOC_QUERYCTRL = 0xc0445624 => Both(&V4L2_QUERYCTRL, Within, &V4L2_QUERYCTRL_DONE);
    VIDIOC_QUERYMENU = 0xc02c5625 => Both(&V4L2_QUERYMENU, Arrow, &V4L2_QUERYMENU_DONE);
    VIDIOC_G_INPUT = 0x80045626 => Out(&Ptr(&Uint));
    VIDIOC_S_INPUT = 0xc0045627 => Ptr(&Uint);
    VIDIOC_CROPCAP = 0xc02c563a => Both(&V4L2_CROPCAP, Within, &V4L2_CROPCAP_DONE);
    VIDIOC_G_CROP = 0xc014563b => Both(&V4L2_CROP_2, Within, &V4L2_CROP_DONE);
    VIDIOC_S_CROP = 0x4014563c => Rec(&V4L2_CROP);
    VIDIOC_G_EXT_CTRLS = 0xc0205647 => Rec(&V4L2_EXT_CONTROLS);
    VIDIOC_S_EXT_CTRLS = 0xc0205648 => Rec(&V4L2_EXT_CONTROLS_2);
    VIDIOC_TRY_EXT_CTRLS = 0xc0205649 => Rec(&V4L2_EXT_CONTROLS_3);
    VIDIOC_ENUM_FRAMESIZES = 0xc02c564a => Both(&V4L2_FRMSIZEENUM, Within, &V4L2_FRMSIZEENUM_DONE);
    VIDIOC_QUERY_EXT_CTRL = 0xc0e85667 => Both(&V4L2_QUERY_EXT_CTRL, Within, &V4L2_QUERY_EXT_CTRL_DONE);
}
