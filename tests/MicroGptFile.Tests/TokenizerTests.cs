using System.Text;

namespace MicroGptFile.Tests;

public class TokenizerTests
{
    [Fact]
    public void Characters_are_numbered_in_order_and_bos_comes_last()
    {
        var tokenizer = new Program.Tokenizer(["cab", "bad"]);
        Assert.Equal(4, tokenizer.BOS);
        Assert.Equal([4, 3, 0, 1, 4], tokenizer.Encode("dab"));
        Assert.Equal("d", tokenizer.Decode(3).ToString());
    }

    [Fact]
    public void The_order_is_by_code_point_not_by_utf_16_unit()
    {
        // U+FF5E is one unit, greater than the first unit of U+1F98A; as a code point it is smaller.
        var tokenizer = new Program.Tokenizer(["\U0001F98A\uFF5E"]);
        Assert.Equal([2, 1, 0, 2], tokenizer.Encode("\U0001F98A\uFF5E"));
    }

    [Fact]
    public void One_character_is_a_vocabulary_of_two()
    {
        var tokenizer = new Program.Tokenizer(["a"]);
        Assert.Equal(1, tokenizer.BOS);
        Assert.Equal([1, 0, 1], tokenizer.Encode("a"));
    }

    [Fact]
    public void Generated_unicode_comes_back_as_it_was()
    {
        var random = new PythonRandom(7);
        for (var round = 0; round < 200; round++)
        {
            string[] docs = [.. Enumerable.Range(0, 1 + Below(random, 8)).Select(_ => RandomText(random))];
            var tokenizer = new Program.Tokenizer(docs);
            foreach (var doc in docs)
            {
                var tokens = tokenizer.Encode(doc);
                Assert.Equal((tokenizer.BOS, tokenizer.BOS), (tokens[0], tokens[^1]));
                Assert.All(tokens[1..^1], token => Assert.InRange(token, 0, tokenizer.BOS - 1));
                Assert.Equal(doc, string.Concat(tokens[1..^1].Select(token => tokenizer.Decode(token).ToString())));
            }
        }
    }

    static string RandomText(PythonRandom random)
    {
        var text = new StringBuilder();
        for (var length = Below(random, 12); length >= 0; length--)
        {
            int code;
            do code = Below(random, random.Random() < 0.5 ? 0x250 : 0x110000); while (!Rune.IsValid(code));
            text.Append(new Rune(code).ToString());
        }
        return text.ToString();
    }

    static int Below(PythonRandom random, int n) => (int)(random.Random() * n);
}
