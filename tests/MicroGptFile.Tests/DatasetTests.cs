using System.Text;
using System.Text.Json;

namespace MicroGptFile.Tests;

/// <summary>How documents are read: as Python reads them, from a file that may be anything.</summary>
public class DatasetTests
{
    public static readonly TheoryData<string, string[]> Texts = new()
    {
        { "anna\nbob\n", ["anna", "bob"] },
        { "anna\nbob", ["anna", "bob"] },
        { "anna\r\nbob\r\n", ["anna", "bob"] },
        { "anna\rbob\r", ["anna", "bob"] },
        { "anna\n\n  \n\t\nbob\n\n", ["anna", "bob"] },
        { "  anna  \n\tbob\t", ["anna", "bob"] },
        { "mary ann", ["mary ann"] },
        { "\uFEFFanna\nbob", ["\uFEFFanna", "bob"] },
        { "\u001C anna \u001F\u00A0\n\u001Dbob\u001E", ["anna", "bob"] },
        { "an\u001Cna", ["an\u001Cna"] },
        { "anna\u2028bob\u0085carl\vdora\fedna", ["anna\u2028bob\u0085carl\vdora\fedna"] },
        { "\u3000\u2003anna\u202F\u205F", ["anna"] },
        { "\u200Banna\u200B\u180E", ["\u200Banna\u200B\u180E"] },
        { "👩‍🚀\n𝔞𝔟\né", ["👩‍🚀", "𝔞𝔟", "é"] },
        { "\0\n", ["\0"] },
        { "a", ["a"] },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Lines_are_split_and_stripped_as_python_does(string text, string[] docs) =>
        Assert.Equal(docs, ReadBack(Encoding.UTF8.GetBytes(text)));

    /// <summary>The same put to Python itself: 500 files of characters that are easy to get wrong.</summary>
    [Fact]
    public void Generated_files_are_read_as_python_reads_them()
    {
        string[] pieces =
        [
            "\n", "\r", "\r\n", " ", "\t", "\v", "\f", "\u001B", "\u001C", "\u001D", "\u001E", "\u001F", "\u0085",
            "\u00A0", "\u1680", "\u180E", "\u2000", "\u200A", "\u200B", "\u2028", "\u2029", "\u202F", "\u205F",
            "\u2060", "\u3000", "\uFEFF", "a", "b", "é", "🦊", "\U00010400",
        ];
        var random = new PythonRandom(11);
        string Piece() => pieces[(int)(random.Random() * pieces.Length)];
        string[] texts = [.. Enumerable.Range(0, 500).Select(_ =>
            "x" + string.Concat(Enumerable.Range(0, 1 + (int)(random.Random() * 20)).Select(_ => Piece())))];

        var folder = Directory.CreateTempSubdirectory("microgpt-").FullName;
        try
        {
            for (var i = 0; i < texts.Length; i++) File.WriteAllText(Path.Join(folder, $"{i}.txt"), texts[i]);
            var python = Python(folder, $$"""
                import json, sys
                read = lambda i: [line.strip() for line in open(f'{i}.txt', encoding='utf-8') if line.strip()]
                sys.stdout.write(json.dumps([read(i) for i in range({{texts.Length}})]))
                """);
            var expected = JsonSerializer.Deserialize<string[][]>(python)!;
            for (var i = 0; i < texts.Length; i++)
                Assert.Equal(expected[i], Program.Read(Path.Join(folder, $"{i}.txt")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xFF }, "index 0")]
    [InlineData(new byte[] { (byte)'a', (byte)'\n', 0xC3, 0x28 }, "index 2")]
    [InlineData(new byte[] { (byte)'a', 0xED, 0xA0, 0x80 }, "index 1")] // a lone surrogate
    [InlineData(new byte[] { (byte)'a', (byte)'b', 0xF0, 0x9F, 0xA6 }, "index 2")] // cut off in the last character
    [InlineData(new byte[] { 0xC0, 0xAF }, "index 0")] // a slash, longer than it has to be
    public void TextThatIsNotUtf8IsRefusedWithTheOffsetOfTheByte(byte[] bytes, string offset)
    {
        var error = Assert.Throws<InvalidDataException>(() => ReadBack(bytes));
        Assert.Contains(offset, error.Message);
        Assert.Contains("input.txt", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\r\n \t\n\u001C")]
    public void A_file_without_documents_is_refused(string text)
    {
        var error = Assert.Throws<InvalidDataException>(() => ReadBack(Encoding.UTF8.GetBytes(text)));
        Assert.Contains("no documents", error.Message);
    }

    static string[] ReadBack(byte[] bytes)
    {
        using var file = new TheFile().Input(bytes);
        return Program.Read(Path.Join(file.Folder, "input.txt"));
    }

    static string Python(string folder, string program)
    {
        try
        {
            var run = Run.Start(folder, "python3", "-c", program);
            Assert.Equal(("", 0), (run.Stderr, run.ExitCode));
            return run.Text;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("there is no python3 on this machine to compare with");
            throw;
        }
    }
}
