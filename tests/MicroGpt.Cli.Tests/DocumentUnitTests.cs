namespace MicroGpt.Cli.Tests;

/// <summary>A model of paragraphs or chunks: every command reads a text the way the model's own was read.</summary>
public sealed class DocumentUnitTests : IDisposable
{
    const string Poems = "roses\nare red\n\nviolets\nare blue\n";

    readonly Command microgpt = new();

    public DocumentUnitTests() => microgpt.Write("poems.txt", Poems);

    public void Dispose() => microgpt.Dispose();

    void Train(string unit, int block) => microgpt.Run("train", "poems.txt", "--documents", unit,
        "--block-size", $"{block}", "--steps", "400", "--samples", "0", "--quiet", "--out", "model");

    [Fact]
    public void Paragraphs()
    {
        Train("paragraphs", 32);
        Assert.Contains("documents   paragraphs", microgpt.Run("info", "model").Good().Lines);

        // It knows the two poems, and nothing else.
        string[] sample = ["sample", "model", "-n", "3", "--seed", "1", "--temperature", "0.3"];
        Assert.Matches("^((roses\nare red|violets\nare blue)\n\n){2}(roses\nare red|violets\nare blue)\n$",
            microgpt.Run(sample).Good().Output);
        var json = microgpt.Run([.. sample, "--json"]).Good().Lines;
        Assert.All(json, line => Assert.Matches(@"^{""text"":""(roses\\nare red|violets\\nare blue)""}$", line));
        microgpt.Run("sample", "model", "--temperature", "0.1", "--not-in", "poems.txt")
            .Fails(1, "--not-in: 10,000 documents");

        var scores = microgpt.Run("score", "model", "--file", "poems.txt").Good().Lines;
        Assert.Equal(["roses↵are red", "violets↵are blue"], scores[1..].Select(line => line[32..]).Order());

        var eval = microgpt.Run("eval", "model", "poems.txt").Good();
        Assert.StartsWith("2 documents, 31 characters to predict, the ends of documents included\n", eval.Output);
        Assert.Contains("The model learned from this file", eval.Output);
        Assert.Equal(eval, microgpt.Run("eval", "model", "poems.txt", "--documents", "paragraphs").Good());
        Assert.StartsWith("4 documents, ",
            microgpt.Run("eval", "model", "poems.txt", "--documents", "lines").Good().Output);

        microgpt.Write("other.txt", "roses\nare red\n\nviolets\nare blüe\n");
        microgpt.Run("eval", "model", "other.txt").Fails(1, "other.txt: line 5, column 7: ", "'ü'", "violets↵are blüe");
        microgpt.Run("score", "model", "--file", "other.txt").Fails(1, "other.txt: line 5, column 7: ");
    }

    [Fact]
    public void Chunks()
    {
        Train("chunks", 8);
        Assert.Contains("documents   chunks of 8 characters", microgpt.Run("info", "model").Good().Lines);
        var eval = microgpt.Run("eval", "model", "poems.txt").Good();
        Assert.StartsWith("32 characters to predict, in a context of 8 that slides by 4\n", eval.Output);
        Assert.Equal(eval, microgpt.Run("eval", "model", "poems.txt", "--documents", "chunks").Good());
        var samples = microgpt.Run("sample", "model", "-n", "3", "--seed", "1").Good().Output;
        Assert.Equal(3, samples.Split("\n---\n").Length);
        Assert.Equal(5, microgpt.Run("score", "model", "--file", "poems.txt").Good().Lines.Length);
        Assert.Equal(3, microgpt.Run("score", "model", "roses", "red\nroses").Good().Lines.Length);
    }

    [Fact]
    public void Lines()
    {
        Train("lines", 16);
        Assert.Contains("documents   lines", microgpt.Run("info", "model").Good().Lines);
        Assert.DoesNotContain("---", microgpt.Run("sample", "model").Good().Output);
        Assert.Equal(20, microgpt.Run("sample", "model", "--seed", "3").Good().Output.Count(c => c == '\n'));
    }
}
