using System.Text;

namespace MicroGpt.Tests;

public sealed class ScoreTests
{
    static readonly Corpus corpus = new(["abba", "baba", "cab", "a", "accb"]);
    static readonly TrainingOptions options = new() { Steps = 60, NEmbd = 8, NHead = 2, BlockSize = 4, NLayer = 2 };
    static readonly Gpt gpt = Gpt.Train(corpus, options);

    // All texts of that many letters.
    static IEnumerable<string> Texts(int length) => length == 0 ? [""]
        : Texts(length - 1).SelectMany(text => "abc".Select(letter => text + letter));

    [Fact]
    public void The_probabilities_of_all_documents_add_up_to_1()
    {
        // All that end within the context, and all that the context cuts off.
        var ended = Enumerable.Range(0, 4).SelectMany(Texts).Select(gpt.Score).ToArray();
        var cut = Texts(4).Select(gpt.Score).ToArray();
        Assert.All(ended, score => Assert.False(score.IsTruncated));
        Assert.All(cut, score => Assert.True(score.IsTruncated));
        var sum = ended.Concat(cut).Sum(score => Math.Exp(-score.NegativeLogLikelihood));
        Assert.Equal(1, sum, tolerance: 1e-12);
    }

    [Fact]
    public void Probabilities_multiply_to_the_likelihood()
    {
        Assert.All(Texts(3), text =>
        {
            var score = gpt.Score(text);
            Assert.Equal(
                [.. text.EnumerateRunes().Select(c => (Rune?)c), null], score.Predictions.Select(p => p.Character));
            var product = score.Predictions.Aggregate(1.0, (p, next) => p * next.Probability);
            Assert.Equal(1, Math.Exp(-score.NegativeLogLikelihood) / product, tolerance: 1e-12);
            Assert.Equal(1, Math.Pow(2, -score.BitsPerCharacter * 4) / product, tolerance: 1e-12);
            Assert.Equal(1, Math.Pow(score.Perplexity, -4) / product, tolerance: 1e-12);
        });
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("a", 2)]
    [InlineData("abc", 4)]
    [InlineData("abca", 4)] // the end is out of sight
    [InlineData("abcabcabc", 4)]
    public void The_loss_has_the_bits_of_the_engine(string text, int predictions)
    {
        var score = gpt.Score(text);
        var loss = new ExactEngine(gpt.Parameters, new()).Loss(gpt.Tokenizer.Encode(text));
        Assert.True(Bits.Same(loss, score.Loss), $"{Bits.Hex(loss)}, here {Bits.Hex(score.Loss)}");
        Assert.Equal(predictions, score.Predictions.Count);
        Assert.Equal(text.Length >= 4, score.IsTruncated);
    }

    [Fact]
    public void An_evaluation_counts_all_predictions_alike()
    {
        string[] documents = ["a", "cab", "abbacab"];
        var scores = documents.Select(gpt.Score).ToArray();
        var evaluation = gpt.Evaluate(documents);
        Assert.Equal((3, 1, 2 + 4 + 4), (evaluation.Documents, evaluation.TruncatedDocuments, evaluation.Predictions));
        Assert.Equal(scores.Sum(score => score.NegativeLogLikelihood), evaluation.NegativeLogLikelihood);
        Assert.Equal(evaluation.NegativeLogLikelihood / 10, evaluation.Loss);
        Assert.Equal(evaluation.Loss / Libm.Log(2), evaluation.BitsPerCharacter);
        Assert.Equal(Libm.Exp(evaluation.Loss), evaluation.Perplexity);
        Assert.Throws<ArgumentException>(() => gpt.Evaluate([]));
        Assert.Throws<OperationCanceledException>(() => gpt.Evaluate(documents, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Training_lowers_the_loss_and_an_even_model_knows_nothing()
    {
        var even = new Trainer(corpus, options).Snapshot();
        even.Parameters.Values.AsSpan().Clear();
        Assert.Equal(4, even.Evaluate(corpus).Perplexity, tolerance: 1e-12); // a, b, c, or the end
        Assert.Equal(2, even.Score("ab").BitsPerCharacter, tolerance: 1e-12);
        Assert.True(gpt.Evaluate(corpus).Perplexity < 3.5);
    }

    [Fact]
    public void An_unknown_character_is_named() => Assert.Equal(
        "the model does not know the character 'd' (U+0064) in \"abd\"; it knows abc",
        Assert.Throws<UnknownCharacterException>(() => gpt.Score("abd")).Message);
}
