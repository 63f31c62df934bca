// The images that the origin serves: made up, but as costly to transfer and decode as photos are.
#pragma once
#include <string>
#include <vector>

/// A JPEG image of 1600 x 1200 pixels, every third one upright, of about 250 KB. The same index gives the
/// same bytes on every run; different indices give different pictures. Safe to call from many threads at
/// once.
std::string make_photo(int index);

/// The photos 0 to count - 1, made by as many threads as there are cores.
std::vector<std::string> make_photos(int count);
