using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace MicroGpt.Cli;

/// <summary>Guesses a file's kind from its first bytes, for the message that refuses it.</summary>
static class FileKind
{
    static readonly SearchValues<byte> controls = SearchValues.Create(
        [1, 2, 3, 4, 5, 6, 7, 8, 0xE, 0xF, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19]);

    static readonly (byte[] Start, string Sentence)[] formats =
    [
        ([.. "%PDF"u8], "is a PDF; save its text as a .txt file"),
        ([.. "PK\x05\x06"u8], "is a ZIP archive without files"),
        ([.. "PK\x03\x04"u8], "is a ZIP archive, as .docx, .xlsx and .odt files are; save the text in it as a .txt file"),
        ([.. "{\\rtf"u8], "is an RTF document; save its text as a .txt file"),
        ([0xD0, 0xCF, 0x11, 0xE0], "is an old Office document, as .doc and .xls files are; save its text as a .txt file"),
        ([0x1F, 0x8B], "is compressed by gzip; decompress it with gunzip"),
        ([.. "BZh"u8], "is compressed by bzip2; decompress it with bunzip2"),
        ([0xFD, .. "7zXZ"u8], "is compressed by xz; decompress it with unxz"),
        ([0x28, 0xB5, 0x2F, 0xFD], "is compressed by zstd; decompress it with unzstd"),
        ([.. "7z"u8, 0xBC, 0xAF], "is a 7z archive"),
        ([.. "Rar!"u8], "is a RAR archive"),
        ([0x89, .. "PNG"u8], "is a PNG image"),
        ([0xFF, 0xD8, 0xFF], "is a JPEG image"),
        ([.. "GIF8"u8], "is a GIF image"),
        ([.. "RIFF"u8], "is a RIFF file, as .webp, .wav and .avi files are"),
        ([.. "OggS"u8], "is an Ogg file"),
        ([.. "ID3"u8], "is an MP3 file"),
        ([.. "SQLite format 3"u8], "is an SQLite database"),
        ([.. "PAR1"u8], "is a Parquet file"),
        ([0x7F, .. "ELF"u8], "is an executable"),
        ([.. "MZ"u8, 0x90, 0], "is a Windows executable"),
        ([0xCF, 0xFA, 0xED, 0xFE], "is a macOS executable"),
    ];

    /// <summary>Why the bytes are not UTF-8 text; null if unknown.</summary>
    /// <param name="start">A file's first bytes, at least a few kilobytes.</param>
    public static string? NoText(ReadOnlySpan<byte> start)
    {
        if (start is [_, _, _, _, 0, 0, 0, 0, (byte)'{', ..]) // docs/checkpoint.md
        {
            return "is a model; a text file is needed here, one document on each line";
        }
        foreach (var (bytes, sentence) in formats)
        {
            if (start.StartsWith(bytes))
            {
                return sentence;
            }
        }
        if (Utf16Or32(start) is string encoding)
        {
            return $"is {encoding}, as some Windows editors save it; "
                + $"save it as UTF-8, or: iconv -f {encoding} -t UTF-8";
        }
        return start.Contains((byte)0) && !Utf8.IsValid(start[..EndOfWhole(start)])
            ? "is a binary file, not text" : null;
    }

    /// <summary>The likely encoding of bytes that are not UTF-8; null if unknown.</summary>
    public static string? Encoding(ReadOnlySpan<byte> start)
    {
        var (high, undefined, control) = (0, 0, 0);
        foreach (var value in start)
        {
            high += value >= 0x80 ? 1 : 0;
            undefined += value is 0x81 or 0x8D or 0x8F or 0x90 or 0x9D ? 1 : 0; // in Windows-1252
            control += value is < 0x20 and not (9 or 10 or 12 or 13) or 0x7F ? 1 : 0;
        }
        return high == 0 || undefined > 0 || control > 0 || HasMultibyte(start) ? null
            : high * 3 < start.Length
            ? "it looks like Windows-1252 or Latin-1; save it as UTF-8, or: iconv -f WINDOWS-1252 -t UTF-8"
            : "it seems to be in another encoding; save it as UTF-8, or see: iconv -l";
    }

    /// <summary>Whether UTF-8 ends in the middle of a character: the rest of the file is lost.</summary>
    public static bool IsCutOff(ReadOnlySpan<byte> file) =>
        Rune.DecodeLastFromUtf8(file, out _, out var cut) == OperationStatus.NeedMoreData
        && cut > 1 // one byte may be a letter of Latin-1
        && Utf8.IsValid(file[..^cut]);

    // Recognized by a byte order mark, by zeros where European letters have them, or because it decodes to text.
    static string? Utf16Or32(ReadOnlySpan<byte> start) => start switch
    {
        [0xFF, 0xFE, 0, 0, ..] or [0, 0, 0xFE, 0xFF, ..] => "UTF-32",
        [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..] => "UTF-16",
        _ when IsZero(start, 4, 1, 2, 3) => "UTF-32LE",
        _ when IsZero(start, 4, 0, 1, 2) => "UTF-32BE",
        _ when IsZero(start, 2, 1) => "UTF-16LE",
        _ when IsZero(start, 2, 0) => "UTF-16BE",
        _ when IsText(start, new UTF32Encoding(bigEndian: false, byteOrderMark: false)) => "UTF-32LE",
        _ when IsText(start, new UTF32Encoding(bigEndian: true, byteOrderMark: false)) => "UTF-32BE",
        _ when IsText(start, new UnicodeEncoding(bigEndian: false, byteOrderMark: false)) => "UTF-16LE",
        _ when IsText(start, new UnicodeEncoding(bigEndian: true, byteOrderMark: false)) => "UTF-16BE",
        _ => null,
    };

    // Most groups have zeros in these places, and some byte in the others.
    static bool IsZero(ReadOnlySpan<byte> start, int size, params ReadOnlySpan<int> places)
    {
        var (groups, fitting) = (start.Length / size, 0);
        for (var i = 0; i < groups; i++)
        {
            var group = start.Slice(i * size, size);
            var zeros = 0;
            foreach (var place in places)
            {
                zeros += group[place] == 0 ? 1 : 0;
            }
            fitting += zeros == places.Length && group.Count((byte)0) == zeros ? 1 : 0;
        }
        return groups >= 2 && fitting * 4 >= groups * 3;
    }

    // Whether it decodes to lines or words without characters that do not belong in text, and is not UTF-8 whose only odd
    // bytes are NULs, which may end the names of a list. Only the end may be cut.
    static bool IsText(ReadOnlySpan<byte> start, Encoding encoding)
    {
        var isNulAlone = !start.ContainsAny(controls) && Utf8.IsValid(start[..EndOfWhole(start)]);
        if (isNulAlone || !start.Contains((byte)0)) // part of each space and each line end
        {
            return false;
        }
        var text = encoding.GetString(start).TrimEnd('\ufffd');
        return text.AsSpan().ContainsAny(' ', '\n') && text.EnumerateRunes().All(character =>
            character.Value is '\n' or '\r' or '\t' || (character != Rune.ReplacementChar
            && Rune.GetUnicodeCategory(character) is not (UnicodeCategory.Control or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned)));
    }

    // Whether there is a valid multibyte character: then it is damaged UTF-8, not another encoding.
    static bool HasMultibyte(ReadOnlySpan<byte> start)
    {
        for (var i = 0; i < start.Length; i++)
        {
            if (start[i] >= 0xC2 && Rune.DecodeFromUtf8(start[i..], out _, out var used) == 0 && used > 1)
            {
                return true;
            }
        }
        return false;
    }

    // The end of the last whole character.
    static int EndOfWhole(ReadOnlySpan<byte> start)
    {
        var end = start.Length;
        while (end > 0 && end > start.Length - 4 && start[end - 1] >= 0x80)
        {
            end--;
        }
        return end;
    }
}
