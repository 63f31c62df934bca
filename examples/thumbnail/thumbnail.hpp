// The CPU-bound work of the examples: an ordinary function, made to be run in a worker process.
#pragma once
#include <string>

/// What make_thumbnail wrote.
struct thumbnail {
    /// The thumbnail's file: `photo.jpg` gives `photo_thumbnail.jpg` in the same folder.
    std::string path;
    /// Its size in pixels.
    int width = 0;
    int height = 0;
};

/// Writes a thumbnail of the JPEG or PNG image `file` beside it, and returns its name and size.
///
/// The longer side becomes `edge` pixels and the proportions are kept; an image that already fits is not
/// enlarged. The format is the source's (told by its content, not by its name), with 8 bits a channel; a CMYK
/// JPEG becomes RGB, and a photo that its camera marked as rotated is turned upright. The file appears whole,
/// by a rename, or not at all.
///
/// Throws std::invalid_argument for an `edge` below 1, std::system_error when a file cannot be read or
/// written, std::runtime_error for content that is no JPEG or PNG, is damaged, cut short, or has more than
/// `max_thumbnail_pixels`. Each message begins with the file's name. Safe to call from many threads at once.
thumbnail make_thumbnail(std::string file, int edge);

/// Larger images are refused after reading their header, before memory is taken for their pixels.
inline constexpr long max_thumbnail_pixels = 100'000'000;
