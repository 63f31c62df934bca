#include "pool/frame.hpp"

#include <algorithm>
#include <cstring>

#include <tandem/pool/codec_error.hpp>

namespace tandem::detail {

void check_frame(const frame_header& header) {
    if (header.magic != frame_magic || header.version != protocol_version)
        throw codec_error("tandem: not a frame of this version of the protocol");
    if (header.length > payload_limit) throw codec_error("tandem: a frame longer than the limit");
}

frame_reader::frame_reader() {
    small_.resize_for_overwrite(small_size);
}

frame_reader::free_space frame_reader::space() {
    if (reading_large_) return {large_.data() + large_filled_, large_.size() - large_filled_};
    large_ = byte_buffer();
    if (begin_ != 0) {
        std::memmove(small_.data(), small_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    return {small_.data() + end_, small_size - end_};
}

void frame_reader::filled(std::size_t count) noexcept {
    (reading_large_ ? large_filled_ : end_) += count;
}

bool frame_reader::next(frame& out) {
    if (!reading_large_) {
        const std::size_t held = end_ - begin_;
        if (held < sizeof(frame_header)) return false;
        frame_header header;
        std::memcpy(&header, small_.data() + begin_, sizeof header);
        check_frame(header);
        const auto length = static_cast<std::size_t>(header.length);
        const std::size_t payload = held - sizeof header;
        if (length <= small_size - sizeof header) {
            if (payload < length) return false;
            out = {header, small_.data() + begin_ + sizeof header};
            begin_ += sizeof header + length;
            return true;
        }
        // As the payload is larger than the buffer, nothing of a later frame is in there.
        large_ = byte_buffer();
        large_.resize_for_overwrite(length);
        std::memcpy(large_.data(), small_.data() + begin_ + sizeof header, payload);
        large_filled_ = payload;
        large_header_ = header;
        begin_ = end_ = 0;
        reading_large_ = true;
    }
    if (large_filled_ < large_.size()) return false;
    reading_large_ = false;
    out = {large_header_, large_.data()};
    return true;
}

byte_buffer frame_reader::take_payload(const frame& last) {
    if (last.payload == large_.data()) return std::move(large_);
    byte_buffer copy;
    copy.append(last.payload, static_cast<std::size_t>(last.header.length));
    return copy;
}

} // namespace tandem::detail
