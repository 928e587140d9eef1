using System.Reflection;

namespace MicroGpt.Tests;

public class TrainingOptionTests
{
    public static TheoryData<string> Names => [.. TrainingOption.All.Select(option => option.Name)];

    // A word of each option that has words, not its first.
    static readonly string[] words = ["f32", "cosine", "muon", "tokens", "moving"];

    [Fact]
    public void The_table_has_every_property_once()
    {
        var properties = typeof(TrainingOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance);
        Assert.Equal(properties.Select(property => property.Name).Order(),
            TrainingOption.All.Select(option => option.Name).Order());
        Assert.Equal(TrainingOption.All.Count, TrainingOption.All.DistinctBy(option => option.Key).Count());
        Assert.Equal(TrainingOption.All.Count, TrainingOption.All.DistinctBy(option => option.Flag).Count());
    }

    [Theory, MemberData(nameof(Names))]
    public void Each_row_reads_and_sets_its_own_property(string name)
    {
        var option = TrainingOption.All.Single(option => option.Name == name);
        var standard = new TrainingOptions();
        var other = option.Value switch { "N" => "7", "X" => "0.1234567890123456789", _ => null };
        other ??= words.Single(word => option.Complaint(word) == null);
        var changed = option.With(standard, other);
        Assert.NotEqual(standard, changed);
        Assert.Equal(standard, option.With(changed, option.Standard));
        Assert.Equal(changed, option.With(standard, option.Of(changed))); // as text and back, without loss
        var property = typeof(TrainingOptions).GetProperty(name)!;
        Assert.NotEqual(property.GetValue(standard), property.GetValue(changed));
        foreach (var rest in TrainingOption.All.Where(rest => rest != option))
        {
            Assert.Equal(rest.Standard, rest.Of(changed));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void What_the_table_refuses_the_property_refuses_too(string name)
    {
        var option = TrainingOption.All.Single(option => option.Name == name);
        string[] texts = ["", " ", "x", "1x", "0x10", "NaN", "-1", "0", "1e999", "Infinity", "2147483648", "1.5"];
        foreach (var text in texts)
        {
            if (option.Complaint(text) is not string complaint)
            {
                Assert.Equal(option.Of(option.With(new(), text)), option.Of(option.With(new(), text)));
                continue;
            }
            Assert.Contains("must be", complaint);
            Assert.Equal($"{name} {text}: {complaint} (Parameter 'text')",
                Assert.Throws<ArgumentException>(() => option.With(new(), text)).Message);
        }
        Assert.NotNull(option.Complaint("NaN"));
    }

    [Fact]
    public void A_property_names_itself_and_its_rule()
    {
        Assert.StartsWith("Steps must be 1 or more",
            Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { Steps = 0 }).Message);
        Assert.StartsWith("LearningRate must be above 0 and finite",
            Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { LearningRate = double.NaN }).Message);
        Assert.StartsWith("WeightDecay must be 0 or more, and finite",
            Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { WeightDecay = -0.1 }).Message);
        Assert.StartsWith("there is no Precision 7",
            Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingOptions { Precision = (Precision)7 }).Message);
    }

    [Fact]
    public void Contradictions_name_both_options_as_they_are_called()
    {
        static string? Of(TrainingOptions options) => TrainingOption.Contradiction(options, option => option.Flag);
        Assert.Null(Of(new()));
        Assert.Equal("--n-head 3 must divide --n-embd 16", Of(new() { NHead = 3 }));
        Assert.Equal("--warmup 5 must be less than --steps 5", Of(new() { Steps = 5, WarmupSteps = 5 }));
        Assert.Equal("--optimizer muon needs --precision f32", Of(new() { Optimizer = Optimizer.Muon }));
        Assert.Equal("--average tokens needs --precision f32", Of(new() { LossAverage = LossAverage.Tokens }));
        Assert.Null(Of(new() { Optimizer = Optimizer.Muon, Precision = Precision.Float32 }));
        Assert.Equal("--weight-decay 100 times --learning-rate 0.01 would shrink every parameter to 0 in one step",
            Of(new() { WeightDecay = 100 }));
    }
}
