// JPEG through libjpeg-turbo.
#include "thumbnail/image.hpp"
#include "thumbnail/orientation.hpp"

#include <csetjmp>
#include <cstdio> // jpeglib.h needs FILE
#include <cstdlib>
#include <jpeglib.h>

#include <jerror.h>

namespace imaging {
namespace {

/// libjpeg reports an error by a call that must not return, from C code that no exception may pass. So it
/// jumps back to guarded(), over C frames only, and the exception is thrown there.
struct failure : jpeg_error_mgr {
    std::jmp_buf back;
    char text[JMSG_LENGTH_MAX] = {};

    failure() {
        jpeg_std_error(this);
        error_exit = [](j_common_ptr codec) {
            auto self = static_cast<failure*>(codec->err);
            self->format_message(codec, self->text);
            std::longjmp(self->back, 1);
        };
        emit_message = [](j_common_ptr codec, int level) {
            if (level < 0 && is_damage(codec->err->msg_code)) codec->err->error_exit(codec);
        };
    }

    /// Warnings after which libjpeg would go on with grey pixels. The others are about bytes nobody needs.
    static bool is_damage(int code) {
        return code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
               code == JWRN_MUST_RESYNC || code == JWRN_ARITH_BAD_CODE;
    }
};

/// Runs calls of libjpeg. Nothing inside `calls` may have a destructor: a jump back would skip it.
template <class Calls> void guarded(failure& errors, const Calls& calls) {
    if (setjmp(errors.back) != 0) throw bad_image(std::string("JPEG: ") + errors.text);
    calls();
}

struct decoder : jpeg_decompress_struct {
    failure errors;

    decoder()
        : jpeg_decompress_struct{} {
        err = &errors;
        guarded(errors, [this] { jpeg_create_decompress(this); });
    }
    ~decoder() { jpeg_destroy_decompress(this); }
    decoder(const decoder&) = delete;
    decoder& operator=(const decoder&) = delete;
};

struct encoder : jpeg_compress_struct {
    failure errors;
    unsigned char* content = nullptr; // malloc'ed and grown by libjpeg
    unsigned long size = 0;

    encoder()
        : jpeg_compress_struct{} {
        err = &errors;
        guarded(errors, [this] { jpeg_create_compress(this); });
    }
    ~encoder() {
        jpeg_destroy_compress(this);
        std::free(content);
    }
    encoder(const encoder&) = delete;
    encoder& operator=(const encoder&) = delete;
};

/// The least number of eighths that leaves twice what the thumbnail needs.
unsigned eighths_for(extent full, int edge) {
    long wanted = 2L * edge;
    long longer = std::max(full.width, full.height);
    for (unsigned eighths = 1; eighths < 8; ++eighths) {
        if (longer * eighths / 8 >= wanted) return eighths;
    }
    return 8;
}

/// Printing colours to RGB, in place. Adobe's files hold them inverted, and theirs are the ones there are.
void cmyk_to_rgb(image& picture, bool inverted) {
    auto* to = picture.pixels.data();
    for (std::size_t from = 0; from < picture.pixels.size(); from += 4) {
        int black = picture.pixels[from + 3];
        for (int i = 0; i < 3; ++i) {
            int ink = picture.pixels[from + i];
            *to++ =
                static_cast<unsigned char>(inverted ? ink * black / 255 : (255 - ink) * (255 - black) / 255);
        }
    }
    picture.channels = 3;
    picture.pixels.resize(picture.pixels.size() / 4 * 3);
}

} // namespace

bool is_jpeg(std::span<const unsigned char> content) {
    return content.size() >= 3 && content[0] == 0xff && content[1] == 0xd8 && content[2] == 0xff;
}

image decode_jpeg(std::span<const unsigned char> content, int edge) {
    decoder jpeg;
    guarded(jpeg.errors, [&] {
        jpeg_mem_src(&jpeg, content.data(), content.size());
        jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xffff);
        jpeg_read_header(&jpeg, TRUE);
    });
    check_size(jpeg.image_width, jpeg.image_height);
    extent full{static_cast<int>(jpeg.image_width), static_cast<int>(jpeg.image_height)};

    int orientation = 0;
    for (auto marker = jpeg.marker_list; marker && orientation == 0; marker = marker->next) {
        orientation = exif_orientation({marker->data, marker->data_length});
    }
    bool grey = jpeg.jpeg_color_space == JCS_GRAYSCALE;
    bool cmyk = jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK;
    jpeg.out_color_space = grey ? JCS_GRAYSCALE : cmyk ? JCS_CMYK : JCS_RGB;
    jpeg.scale_num = eighths_for(full, edge);
    jpeg.scale_denom = 8;
    guarded(jpeg.errors, [&] { jpeg_start_decompress(&jpeg); });

    image picture{static_cast<int>(jpeg.output_width),
                  static_cast<int>(jpeg.output_height),
                  jpeg.output_components,
                  {}};
    std::size_t stride = static_cast<std::size_t>(picture.width) * picture.channels;
    picture.pixels.resize(stride * picture.height);
    guarded(jpeg.errors, [&] {
        while (jpeg.output_scanline < jpeg.output_height) {
            JSAMPROW row = picture.pixels.data() + stride * jpeg.output_scanline;
            jpeg_read_scanlines(&jpeg, &row, 1);
        }
        jpeg_finish_decompress(&jpeg);
    });

    if (cmyk) cmyk_to_rgb(picture, jpeg.saw_Adobe_marker);
    return upright(std::move(picture), orientation);
}

bytes encode_jpeg(const image& picture, int quality) {
    encoder jpeg;
    guarded(jpeg.errors, [&] {
        jpeg_mem_dest(&jpeg, &jpeg.content, &jpeg.size);
        jpeg.image_width = static_cast<JDIMENSION>(picture.width);
        jpeg.image_height = static_cast<JDIMENSION>(picture.height);
        jpeg.input_components = picture.channels;
        jpeg.in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
        jpeg_set_defaults(&jpeg);
        jpeg_set_quality(&jpeg, quality, TRUE);
        jpeg_start_compress(&jpeg, TRUE);
        while (jpeg.next_scanline < jpeg.image_height) {
            auto row = const_cast<JSAMPROW>(picture.pixels.data()) +
                       static_cast<std::size_t>(jpeg.next_scanline) * picture.width * picture.channels;
            jpeg_write_scanlines(&jpeg, &row, 1);
        }
        jpeg_finish_compress(&jpeg);
    });
    return {jpeg.content, jpeg.content + jpeg.size};
}

} // namespace imaging
