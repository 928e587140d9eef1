using System.IO.Compression;
using System.Text;

namespace MicroGpt.Cli.Tests;

/// <summary>Data that is not what it seems: the command refuses it, or notes what is odd, and says where.</summary>
public sealed class DataTests : IDisposable
{
    readonly Command microgpt = new();

    public void Dispose() => microgpt.Dispose();

    Result Train(string text, params string[] options)
    {
        microgpt.Write("data.txt", text);
        var result = microgpt.Run(["train", "data.txt", "--steps", "2", "--samples", "0", .. options]);
        Assert.Equal(0, result.ExitCode);
        return result;
    }

    [Theory]
    [InlineData("an\ufeffna", "U+FEFF (byte order mark) 3 times, first at line 2, column 3")]
    [InlineData("\ufeffanna", "U+FEFF (byte order mark) 3 times, first at line 2, column 1")]
    [InlineData("anna\u200e", "U+200E (left-to-right mark) 3 times, first at line 2, column 5")]
    [InlineData("an\u200bna", "U+200B (zero-width space) 3 times, first at line 2, column 3")]
    [InlineData("an\u200dna", "U+200D (zero-width joiner) 3 times, first at line 2, column 3")]
    [InlineData("an\u00adna", "U+00AD (soft hyphen) 3 times, first at line 2, column 3")]
    [InlineData("an\u202ena", "U+202E (invisible) 3 times, first at line 2, column 3")]
    [InlineData("an\u2028na", "U+2028 (line separator) 3 times, first at line 2, column 3")]
    [InlineData("an\ufffdna", "U+FFFD (replacement for a lost character) 3 times, first at line 2, column 3")]
    [InlineData("an\ue000na", "U+E000 (private use) 3 times, first at line 2, column 3")]
    [InlineData("an\ufdd0na", "U+FDD0 (unassigned) 3 times, first at line 2, column 3")]
    [InlineData("an\U0010ffffna", "U+10FFFF (unassigned) 3 times, first at line 2, column 3")]
    [InlineData("an\u0007na", "U+0007 (control character) 3 times, first at line 2, column 3")]
    [InlineData("an\u00a0na", "U+00A0 (no-break space) 3 times, first at line 2, column 3")]
    [InlineData("ann\ufe0fa", "U+FE0F (invisible) 3 times, first at line 2, column 4")]
    [InlineData("\U0001f600\U0001f600\u2060", "U+2060 (word joiner) 3 times, first at line 2, column 3")]
    public void A_character_that_nobody_sees_is_noted_with_its_place_however_often_it_occurs(string line, string note) =>
        Assert.Contains($"note: characters that are rarely intended, but are learned like any other: {note}\n",
            Train($"ann\n{line}\n{line}\nann\n{line}\nann\n").Error);

    [Theory]
    [InlineData("👨‍👩‍👧 ❤️ 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿")]
    [InlineData("سلام می‌خواهم")]
    [InlineData("क्‍ष नमस्ते")]
    [InlineData("日本　東京")]
    [InlineData("e\u0301a\u0308")]
    public void What_belongs_to_a_script_or_an_emoji_is_not_noted(string line) =>
        Assert.Equal("", Train($"{line}\n{line}\n{line}\n", "--block-size", "40").Error);

    [Fact]
    public void A_place_is_found_in_every_unit()
    {
        const string text = "  anna\nbob\n\n\n carl\nd\u200eora\nanna carl\nbob dora\n";
        Assert.Contains("U+200E (left-to-right mark) at line 6, column 2\n", Train(text).Error);
        Assert.Contains("U+200E (left-to-right mark) at line 6, column 2\n",
            Train(text, "--documents", "paragraphs", "--out", "b").Error);
        Assert.Contains("U+200E (left-to-right mark) at line 6, column 2\n",
            Train(text, "--documents", "chunks", "--block-size", "7", "--out", "c").Error);
    }

    [Theory]
    [InlineData("Ren\u00e9", "Rene\u0301", "U+00E9 at line 1, column 4 and U+0065 U+0301 at line 2, column 4")]
    [InlineData("\uac01a", "\u1100\u1161\u11a8a",
        "U+AC01 at line 1, column 1 and U+1100 U+1161 U+11A8 at line 2, column 1")]
    [InlineData("\u304c", "\u304b\u3099", "U+304C at line 1, column 1 and U+304B U+3099 at line 2, column 1")]
    [InlineData("10 \u212b", "10 \u00c5", "U+212B at line 1, column 4 and U+00C5 at line 2, column 4")]
    [InlineData("Vi\u1ec7t", "Vie\u0323\u0302t",
        "U+1EC7 at line 1, column 3 and U+0065 U+0323 U+0302 at line 2, column 3")]
    public void A_letter_composed_and_decomposed_is_noted_with_both_places(string one, string other, string places)
    {
        var error = Train($"{one}\n{other}\n{one}\n{other}\n{one}\n{other}\n").Error;
        Assert.Equal("note: 1 letter written in more than one way, composed and decomposed, which look alike but are "
            + $"learned apart, such as {places}; normalize the text, for example to NFC\n", error);
        Assert.Equal("", Train($"{one}\n{one}\n{one}\n", "--out", "b").Error);
    }

    [Fact]
    public void A_text_in_the_other_normal_form_gets_a_hint()
    {
        Train("Ren\u00e9\nZo\u00eb\n", "--out", "composed");
        Train("Rene\u0301\nZoe\u0308\n", "--out", "decomposed");
        const string known = "it knows \u00e9 as one character, U+00E9; normalize the text to NFC";
        microgpt.Run("sample", "composed", "--prompt", "Rene\u0301").Fails(2, "--prompt", "(U+0301)", known);
        microgpt.Run("score", "composed", "Rene\u0301").Fails(1, "TEXT", known);
        microgpt.Run("eval", "composed", microgpt.Write("d.txt", "Zo\u00eb\nRene\u0301\n"))
            .Fails(1, "d.txt: line 2, column 5: ", known);
        microgpt.Run("sample", "decomposed", "--prompt", "Ren\u00e9")
            .Fails(2, "(U+00E9)", "as 2 characters, U+0065 U+0301; normalize the text to NFD");
        Assert.DoesNotContain("normalize", microgpt.Run("score", "composed", "Žoe\u0308").Error);
    }

    public static TheoryData<byte[], string> NoTexts()
    {
        var utf32 = new UTF32Encoding(bigEndian: false, byteOrderMark: false);
        var utf32BigEndian = new UTF32Encoding(bigEndian: true, byteOrderMark: false);
        const string names = "anna\nbob\ncarl\n";
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionMode.Compress, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(names));
        }
        return new()
        {
            { [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(names)], "is UTF-16, as some" },
            { [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(names)], "is UTF-16, as some" },
            { Encoding.Unicode.GetBytes(names), "is UTF-16LE, as some" },
            { Encoding.BigEndianUnicode.GetBytes(names), "is UTF-16BE, as some" },
            { Encoding.Unicode.GetBytes("Zürich\nGenève\nBasel\n"), "is UTF-16LE, as some" },
            { Encoding.Unicode.GetBytes("Анна\nБорис\nВера\n"), "is UTF-16LE, as some" },
            { Encoding.BigEndianUnicode.GetBytes("Анна\nБорис\nВера\n"), "is UTF-16BE, as some" },
            { Encoding.Unicode.GetBytes("山田太郎\r\n鈴木花子\r\n"), "is UTF-16LE, as some" },
            { Encoding.BigEndianUnicode.GetBytes("山田 太郎\n鈴木 花子"), "is UTF-16BE, as some" },
            { utf32.GetBytes("Анна 😀\nБорис\n"), "is UTF-32LE, as some" },
            { utf32BigEndian.GetBytes("山田太郎\n鈴木花子\n"), "is UTF-32BE, as some" },
            { [.. "anna\0bert\0clara\0"u8], "NUL (U+0000) does not belong in a text" },
            { [.. "anna\nb"u8, 0xF0, 0x9F, 0x98],
                "line 2, column 2: invalid UTF-8 at byte 6 (0xF0); the file ends in the middle of a character" },
            { [.. "Ülkü\nb"u8, 0xE2, 0x82], "line 2, column 2: invalid UTF-8 at byte 8 (0xE2); the file ends in the" },
            { [0xFF, 0xFE, 0, 0, .. utf32.GetBytes(names)], "is UTF-32, as some" },
            { [0, 0, 0xFE, 0xFF, .. utf32BigEndian.GetBytes(names)], "is UTF-32, as some" },
            { utf32.GetBytes(names), "is UTF-32LE, as some" },
            { utf32BigEndian.GetBytes(names), "is UTF-32BE, as some" },
            { [.. "anna\0\nbob\0\n"u8], "line 1, column 5: NUL (U+0000) does not belong in a text; tr -d '\\0'" },
            { [.. "anna\nbob\0carl"u8], "line 2, column 4: NUL (U+0000) does not belong in a text; tr '\\0' '\\n'" },
            { [.. "anna\nO"u8, 0x92, .. "Brien\n"u8],
                "line 2, column 2: invalid UTF-8 at byte 6 (0x92); it looks like Windows-1252" },
            { Encoding.Latin1.GetBytes("anna\n\nZürich\nGenève\n"),
                "line 3, column 2: invalid UTF-8 at byte 7 (0xFC); it looks like Windows-1252" },
            { [.. "Zoë\nb"u8, 0xE9, .. "b\n"u8], "line 2, column 2: invalid UTF-8 at byte 6 (0xE9)\n" },
            { [.. "PK\x03\x04\x14\0\x06\0[Content_Types].xml"u8], "is a ZIP archive, as .docx" },
            { [.. "%PDF-1.4\n1 0 obj\n"u8], "is a PDF" },
            { [.. "%PDF-1.4\n%"u8, 0xE2, 0xE3, 0xCF, 0xD3, 10], "is a PDF" },
            { [.. "{\\rtf1\\ansi hello}\n"u8], "is an RTF document" },
            { zipped.ToArray(), "is compressed by gzip" },
            { [0x89, .. "PNG\r\n"u8, 0x1A, 10, 0, 0, 0, 13], "is a PNG image" },
            { [0xFF, 0xD8, 0xFF, 0xE0, 0, 16], "is a JPEG image" },
            { File.ReadAllBytes(Command.Executable)[..5000], "xecutable" },
        };
    }

    [Theory]
    [MemberData(nameof(NoTexts))]
    public void What_is_no_text_is_called_by_its_name_from_a_file_and_from_a_pipe(byte[] bytes, string sentence)
    {
        File.WriteAllBytes(microgpt.At("data"), bytes);
        microgpt.Run("train", "data").Fails(1, "microgpt: data: ", sentence);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs bash");
        microgpt.Shell($"cat data | '{Command.Executable}' train -").Fails(1, "microgpt: stdin: ", sentence);
        Assert.False(File.Exists(microgpt.At("model.safetensors")));
    }

    [Theory]
    [InlineData("id,name\n1,\"Smith, Ann\"\n2,\"Lee, Bo\"\n3,\"Diaz, Cy\"\n",
        "a table of 2 columns: each line is learned whole, with its commas, its header and its quotes")]
    [InlineData("name;age\nann;31\nbo;42\ncy;9\n",
        "a table of 2 columns: each line is learned whole, with its semicolons and its header")]
    [InlineData("ann\tx\nbo\ty\ncy\tz\n", "a table of 2 columns: each line is learned whole, with its tabs")]
    [InlineData("name\n\"ann\"\n\"bo\"\n", "a column of a table: its quotes")]
    [InlineData("<!DOCTYPE html>\n<html>\n", "HTML")]
    [InlineData("{\n\"names\": [\"ann\"]\n}\n", "JSON")]
    [InlineData("{\"name\":\"ann\"}\n{\"name\":\"bo\"}\n", "JSON")]
    public void A_table_or_markup_is_noted_once(string text, string note) =>
        Assert.Equal(1, Train(text).Error.Split('\n').Count(line => line.Contains($"data.txt looks like {note}")));

    [Theory]
    [InlineData("Paris, Texas\nRome, Georgia\nBern, Indiana\n")]
    [InlineData("Why?\n\"No,\" she said.\nWell, then.\n")]
    [InlineData("12\n15\n17\n")]
    public void A_list_or_a_story_is_no_table(string text) => Assert.DoesNotContain("looks like", Train(text).Error);

    // Lines of a story that was broken at the 40th column, and the same sentences as a list.
    [Fact]
    public void Running_text_that_is_read_as_a_list_is_noted_once()
    {
        string[] who = ["The miller", "A heron", "Old Berta", "Nobody in the village", "The youngest of the boys"];
        string[] what = ["waited by the river", "counted the boats twice", "knew what the bell meant"];
        var sentences = who.SelectMany(a => what.Select(b => $"{a} {b}, until it was dark.")).ToArray();
        var story = new List<string> { "" };
        foreach (var word in string.Join(' ', sentences).Split(' '))
        {
            if (story[^1].Length + word.Length > 40)
            {
                story.Add("");
            }
            story[^1] = $"{story[^1]} {word}".Trim();
        }
        var note = "data.txt looks like running text, and each line is learned by itself: --documents chunks reads on";
        Assert.Equal(1, Train(string.Join('\n', story)).Error.Split('\n').Count(line => line.Contains(note)));
        Assert.DoesNotContain("looks like", Train(string.Join('\n', story), "--documents", "chunks").Error);
        Assert.DoesNotContain("looks like", Train(string.Join('\n', sentences)).Error);
        Assert.DoesNotContain("looks like", Train(string.Join('\n', sentences).ToLowerInvariant()).Error);
    }

    [Fact]
    public void Documents_that_stand_on_both_sides_of_the_validation_are_noted()
    {
        var text = string.Concat(Enumerable.Repeat("anna\nbert\nclara\n", 3)) + "dora\n";
        Assert.DoesNotContain("more than once", Train(text).Error);
        var error = Train(text, "--val", "0.3", "--out", "b").Error;
        Assert.Contains("note: 3 documents occur more than once, 9 of 10 in all: where copies are both trained on "
            + "and held out, the validation loss is too low\n", error);
    }
}
