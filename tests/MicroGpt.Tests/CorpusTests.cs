using System.Security.Cryptography;
using System.Text;

namespace MicroGpt.Tests;

public sealed class CorpusTests : IDisposable
{
    readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    Corpus Load(string text) => Load(Encoding.UTF8.GetBytes(text));

    Corpus Load(byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        return Corpus.Load(path);
    }

    [Theory]
    [InlineData("a\nb\n", "a|b", 0)]
    [InlineData("a\nb", "a|b", 0)] // no line feed at the end
    [InlineData("a\r\nb\r\n", "a|b", 0)]
    [InlineData("a\rb\r", "a|b", 0)]
    [InlineData("a\r\r\nb\n\rc", "a|b|c", 2)] // \r, \r\n, \n, \r
    [InlineData("\n\n a \n\t\n", "a", 3)]
    [InlineData("a b\u2028c", "a b\u2028c", 0)] // Unicode's line separator ends no line, as in Python
    [InlineData("\u001ca\u001f\n\u001d\u001e\n", "a", 1)]
    [InlineData("\u00a0a\u3000\n\u0085b\u2003", "a|b", 0)]
    [InlineData("\ufeffa\nb", "\ufeffa|b", 0)] // a byte order mark is a character
    [InlineData("\u200ba\u180e", "\u200ba\u180e", 0)] // invisible, but no white space
    [InlineData("🦊 \n👩‍🚀\n𝒜lice", "🦊|👩‍🚀|𝒜lice", 0)]
    [InlineData("a\0b\n", "a\0b", 0)]
    public void Documents_are_the_lines_as_python_strips_them(string text, string documents, int blankLines)
    {
        var corpus = Load(text);
        Assert.Equal(documents.Split('|'), corpus);
        Assert.Equal(blankLines, corpus.BlankLines);
    }

    [Fact]
    public void White_space_is_that_of_python()
    {
        // [c for c in range(0x10000) if chr(c).isspace()]
        int[] python = [.. Enumerable.Range(9, 5), .. Enumerable.Range(0x1c, 5), 0x85, 0xa0, 0x1680,
            .. Enumerable.Range(0x2000, 11), 0x2028, 0x2029, 0x202f, 0x205f, 0x3000];
        var here = Enumerable.Range(0, 0x10000).Where(c => !char.IsSurrogate((char)c))
            .Where(c => new Corpus([$"{(char)c}x"])[0] == "x");
        Assert.Equal(python, here);
    }

    [Theory]
    [InlineData("ab\xff", 2, "0xFF", 1, 3)]
    [InlineData("a\n\xc3(", 2, "0xC3", 2, 1)]
    [InlineData("\xed\xa0\x80", 0, "0xED", 1, 1)] // half a surrogate pair
    [InlineData("\xc0\xaf", 0, "0xC0", 1, 1)] // a longer form than needed
    [InlineData("abc\xe2\x82", 3, "0xE2", 1, 4)] // cut off
    [InlineData("\xf4\x90\x80\x80", 0, "0xF4", 1, 1)] // above U+10FFFF
    [InlineData("a\r\nb\rc\n\n\xc3\xa9\xf0\x9f\xa6\x8az\xff", 15, "0xFF", 5, 4)]
    public void Invalid_utf8_is_refused_with_its_place(string bytes, int offset, string first, int line, int column)
    {
        var error = Assert.Throws<InvalidDataException>(() => Load(Encoding.Latin1.GetBytes(bytes)));
        Assert.Equal($"{path}: line {line}, column {column}: invalid UTF-8 at byte {offset} ({first})", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n \r\n\t")]
    public void A_file_without_documents_is_refused(string text) =>
        Assert.Equal($"{path}: holds no documents", Assert.Throws<InvalidDataException>(() => Load(text)).Message);

    [Fact]
    public void A_folder_and_a_missing_file_are_refused()
    {
        var folder = Path.GetTempPath();
        Assert.Contains("is a folder", Assert.Throws<InvalidDataException>(() => Corpus.Load(folder)).Message);
        Assert.Throws<FileNotFoundException>(() => Corpus.Load(path + ".missing"));
    }

    [Fact]
    public void A_stream_is_read_as_a_file_is()
    {
        var bytes = Encoding.UTF8.GetBytes(" Zoë\r\n\n🦊\n");
        var fromFile = Load(bytes);
        var fromStream = Corpus.Load(new MemoryStream(bytes), "a stream");
        Assert.Equal(fromFile, fromStream);
        Assert.Equal((fromFile.Sha256, fromFile.BlankLines), (fromStream.Sha256, fromStream.BlankLines));
        using var stream = new MemoryStream([.. "ab"u8, 0xff]);
        var error = Assert.Throws<InvalidDataException>(() => Corpus.Load(stream, "a stream"));
        Assert.Equal("a stream: line 1, column 3: invalid UTF-8 at byte 2 (0xFF)", error.Message);
    }

    [Fact]
    public void Strings_are_documents()
    {
        var corpus = new Corpus(["  ada ", "", "two\nlines", " \t"]);
        Assert.Equal(["ada", "two\nlines"], corpus);
        Assert.Equal(2, corpus.BlankLines);
        Assert.Throws<InvalidDataException>(() => new Corpus([]));
        var error = Assert.Throws<InvalidDataException>(() => new Corpus(["a", "🦊b\udd8a"]));
        Assert.Equal("document 1: U+DD8A at 3 is half a surrogate pair, not a character", error.Message);
    }

    [Fact]
    public void The_hash_is_that_of_the_bytes_or_of_the_documents()
    {
        var bytes = "é\r\n\r\nb"u8.ToArray();
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), Load(bytes).Sha256);
        Assert.Equal(Load("é\nb\n").Sha256, new Corpus(["é", "b"]).Sha256);
        Assert.NotEqual(new Corpus(["é", "b"]).Sha256, new Corpus(["b", "é"]).Sha256);
    }

    [Fact]
    public void The_order_of_training_is_pythons()
    {
        // import random; d = list('abcdefgh'); random.seed(42); random.shuffle(d); ''.join(d)
        var corpus = new Corpus("abcdefgh".Select(c => c.ToString()));
        Assert.Equal("deghcfab", string.Concat(corpus.Shuffle(new(42))));
        Assert.Equal("abcdefgh", string.Concat(corpus));
    }

    [Theory]
    [InlineData(10, 0.1, 1)]
    [InlineData(10, 0.25, 2)]
    [InlineData(10, 0.001, 1)]
    [InlineData(10, 0.999, 9)]
    [InlineData(1000, 0.2, 200)]
    [InlineData(2, 0.5, 1)]
    public void A_split_parts_the_documents(int count, double fraction, int aside)
    {
        var corpus = new Corpus(Enumerable.Range(0, count).Select(i => $"{i:d4}"));
        var (train, validation) = corpus.Split(fraction, seed: 7);
        Assert.Equal(aside, validation.Count);
        Assert.Equal(corpus, train.Concat(validation).Order(StringComparer.Ordinal));
        Assert.Equal(train.Order(StringComparer.Ordinal), train); // in the order of the corpus
        Assert.Equal(validation, corpus.Split(fraction, seed: 7).Validation);
        if (count == 1000)
        {
            Assert.NotEqual(validation, corpus.Split(fraction, seed: 8).Validation);
        }
    }

    [Fact]
    public void An_impossible_split_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => new Corpus(["a"]).Split(0.5, seed: 1));
        Assert.All([0, 1, -0.5, double.NaN], fraction =>
            Assert.Throws<ArgumentOutOfRangeException>(() => new Corpus(["a", "b"]).Split(fraction, seed: 1)));
    }

    [Theory]
    [InlineData("a\n b \n\nc\n", "a\n b|c")]
    [InlineData("\n\na\r\nb\r\n \t\r\n\r\nc", "a\nb|c")]
    [InlineData("a", "a")]
    [InlineData("  a  \n\n\n\n\n  b  ", "a|b")]
    public void Paragraphs_stand_between_blank_lines(string text, string documents)
    {
        File.WriteAllText(path, text);
        Assert.Equal(documents.Split('|'), Corpus.Load(path, DocumentUnit.Paragraph));
    }

    [Theory]
    [InlineData("abcdef", 3, "abc|def")]
    [InlineData("abcdefg", 3, "abc|def|g")]
    [InlineData("ab", 3, "ab")]
    [InlineData(" a\r\nb\rc\n", 3, " a\n|b\nc|\n")] // lines end as in Python; white space is text
    [InlineData("🦊🐻a", 2, "🦊🐻|a")]
    [InlineData("a\u0085b\u2028", 2, "a\u0085|b\u2028")]
    public void Chunks_are_so_many_characters_in_a_row(string text, int length, string documents)
    {
        File.WriteAllText(path, text);
        Assert.Equal(documents.Split('|'), Corpus.Load(path, DocumentUnit.Chunk, length));
    }

    [Fact]
    public void Documents_with_line_breaks_hash_unlike_the_documents_they_would_split_into()
    {
        // What ends a document in the hash must not be able to occur in one.
        Assert.NotEqual(new Corpus(["a", "b"]).Sha256, new Corpus(["a\nb"]).Sha256);
        Assert.NotEqual(new Corpus(["a\nb", "c"]).Sha256, new Corpus(["a", "b\nc"]).Sha256);
        File.WriteAllText(path, "a\0b\n\nc");
        var one = Corpus.Load(path, DocumentUnit.Paragraph).Sha256;
        File.WriteAllText(path, "a\n\nb\n\nc");
        Assert.NotEqual(one, Corpus.Load(path, DocumentUnit.Paragraph).Sha256);
    }

    [Fact]
    public void Each_document_knows_its_place()
    {
        File.WriteAllText(path, "\n  ada\r\n🦊🐻x\r\rbob\n");
        var lines = Corpus.Load(path);
        Assert.Equal(["ada", "🦊🐻x", "bob"], lines);
        Assert.Equal([new TextPlace(2, 3), new(3, 1), new(5, 1)], lines.Select((_, i) => lines.PlaceOf(i)));
        Assert.Equal("line 3, column 3", lines.PlaceOf(1, character: 2).ToString());
        var (train, validation) = lines.Split(0.3, seed: 1);
        Assert.All(train.Concat(validation), document =>
        {
            var part = train.Contains(document) ? train : validation;
            var (index, whole) = (part.ToList().IndexOf(document), lines.ToList().IndexOf(document));
            Assert.Equal(lines.PlaceOf(whole), part.PlaceOf(index));
        });
        var paragraphs = Corpus.Load(path, DocumentUnit.Paragraph);
        Assert.Equal([new TextPlace(2, 3), new(5, 1)], paragraphs.Select((_, i) => paragraphs.PlaceOf(i)));
        Assert.Equal(new(3, 2), paragraphs.PlaceOf(0, character: 5)); // "ada\n🦊|🐻x"
        var chunks = Corpus.Load(path, DocumentUnit.Chunk, 4);
        Assert.Equal([new TextPlace(1, 1), new(2, 4), new(3, 2), new(5, 1)], chunks.Select((_, i) => chunks.PlaceOf(i)));
        Assert.Equal(new(3, 1), new Corpus(["a", " ", "b"]).PlaceOf(1));
    }

    [Fact]
    public void A_corpus_knows_how_it_was_read()
    {
        File.WriteAllText(path, "ab\ncd\n\nef\n");
        Assert.Equal(new TextReading(), Corpus.Load(path).Reading);
        Assert.Equal(new TextReading(DocumentUnit.Paragraph), Corpus.Load(path, DocumentUnit.Paragraph, 9).Reading);
        Assert.Equal(new TextReading(DocumentUnit.Chunk, 3), Corpus.Load(path, DocumentUnit.Chunk, 3).Reading);
        var (train, validation) = Corpus.Load(path, DocumentUnit.Chunk, 3).Split(0.25, seed: 9);
        Assert.Equal(new TextReading(DocumentUnit.Chunk, 3, 0.25, 9), train.Reading);
        Assert.Equal(train.Reading, validation.Reading);
        Assert.Equal(new TextReading(), new Corpus(["a"]).Reading);
    }

    [Fact]
    public void What_is_a_document_shows_in_the_hash()
    {
        File.WriteAllText(path, "ab\ncd\n");
        string[] hashes =
        [
            Corpus.Load(path).Sha256, Corpus.Load(path, DocumentUnit.Paragraph).Sha256,
            Corpus.Load(path, DocumentUnit.Chunk, 2).Sha256, Corpus.Load(path, DocumentUnit.Chunk, 3).Sha256,
        ];
        Assert.Equal(4, hashes.Distinct().Count());
        var lines = Corpus.Load(path).Split(0.5, seed: 1).Train;
        Assert.Equal(new Corpus(lines).Sha256, lines.Sha256);
        var chunks = Corpus.Load(path, DocumentUnit.Chunk, 2).Split(0.5, seed: 1).Train;
        Assert.NotEqual(new Corpus(chunks).Sha256, chunks.Sha256);
        Assert.Throws<ArgumentOutOfRangeException>(() => Corpus.Load(path, (DocumentUnit)9));
        using var stream = File.OpenRead(path);
        Assert.Equal(hashes[2], Corpus.Load(stream, "it", DocumentUnit.Chunk, 2).Sha256);
        Assert.Throws<ArgumentOutOfRangeException>(() => Corpus.Load(path, DocumentUnit.Chunk, 0));
        File.WriteAllText(path, "");
        Assert.Throws<InvalidDataException>(() => Corpus.Load(path, DocumentUnit.Chunk));
        Assert.Throws<InvalidDataException>(() => Corpus.Load(path, DocumentUnit.Paragraph));
    }
}
