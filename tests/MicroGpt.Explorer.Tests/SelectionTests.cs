using MicroGpt.Explorer.Frame;
using MicroGpt.Record;

namespace MicroGpt.Explorer.Tests;

/// <summary>What the page remembers and says, without a browser.</summary>
public class SelectionTests
{
    [Fact]
    public void A_selection_is_its_address()
    {
        var selection = new Selection
        {
            Room = Room.WhatIf,
            Step = 12,
            Text = "a&b=ü",
            At = 2,
            Number = "wte.5.9",
            View = MapView.Since,
            Pin = 3,
            Dice = 9,
            Temperature = 1.2,
            Edit = "weight:420:wte.5.9:0.5;letter:;",
            Cut = 5,
            IsOther = true,
            IsLong = true,
        };
        Assert.Equal(selection, Selection.FromQuery(selection.ToQuery()));
        Assert.Equal("", new Selection().ToQuery());
    }

    [Theory]
    [InlineData("?room=kitchen&step=-1&at=x&show=99&number=%00&pin=99999999999")]
    [InlineData("?&&=&==&room")]
    [InlineData("")]
    public void An_address_that_nobody_wrote_here_is_no_error(string query)
    {
        Assert.Null(Selection.FromQuery(query).Room);
        Assert.Null(Selection.FromQuery(query).Step);
    }

    [Fact]
    public void Every_parameter_has_a_key_that_finds_it()
    {
        var run = ExpectedNumbers.Run;
        for (var i = 0; i < 4192; i++)
        {
            var address = run.AddressOf(i);
            Assert.Equal(i, Words.Parameter(run, Words.Key(run, address)));
            Assert.Equal(Words.Key(run, address), Words.Found(run, Words.Title(run, address)));
            Assert.NotEmpty(Words.Meaning(run, address));
            var cell = MapLayout.CellOf(run, i);
            Assert.Equal(i, MapLayout.Parameter(run.Tensors[cell.Plate], cell.X, cell.Y));
        }
        Assert.All(new[] { "", "wte", "wte.27.0", "wte.0.16", "wte.-1.0", "nothing.0.0", "wte[ü][1]" }, key =>
            Assert.Null(Words.Found(run, key)));
    }

    /// <summary>What Guess says of attention, in words that can't be computed while somebody waits.</summary>
    [Fact]
    public void Attention_matters_as_little_as_the_page_says()
    {
        var cost = new CutCost(ExpectedNumbers.Run.Model(1000), [.. ExpectedNumbers.Run.Corpus], new AttentionCut());
        cost.Finish();
        Assert.Equal(0.011, cost.LossWithout - cost.Loss, 0.0005);
        var visit = new Visit(ExpectedNumbers.Run);
        visit.Follow("?run=20000");
        var last = visit.Second!.Moments[^1];
        Assert.Equal(20_000, last.Step);
        Assert.Equal(0.177, last.LossWithoutAttention - last.Loss, 0.0005);
    }

    [Fact]
    public void Edits_are_their_text()
    {
        IReadOnlyList<Edit> edits =
        [
            new Edit.Weight(420, 89, -0.5), new Edit.LearningRate(0.02), new Edit.Seed(43), new Edit.Steps(500),
            new Edit.WithoutHead(0, 1),
            new Edit.WithoutLetter(new('f')), new Edit.WithoutDocument("rufus"), new Edit.Teach(3, "zoe"),
        ];
        Assert.Equal(edits, Edits.Parse(ExpectedNumbers.Run, Edits.Format(ExpectedNumbers.Run, edits)));
        Assert.Empty(Edits.Parse(ExpectedNumbers.Run, "weight:1:2;rate:x;seed;head:0;steps:0;;:::;letter:"));
        Assert.Null(Edits.Format(ExpectedNumbers.Run, []));
    }

    [Theory]
    [InlineData(0, "forrest")]
    [InlineData(420, "mar")]
    [InlineData(1000, "")]
    [InlineData(1000, "abcdefghijklmnopqrstuvwxyz")]
    public void Every_number_of_a_trace_taken_apart_and_computed_again_has_the_same_bits(int step, string text)
    {
        var (trace, model) = (ExpectedNumbers.Run.Trace(step, text), ExpectedNumbers.Run.Model(step));
        foreach (var activation in Enum.GetValues<Activation>())
        {
            for (var position = 0; position < trace.Positions; position++)
            {
                for (var i = 0; i < trace.Values(activation, 0, position).Length; i++)
                {
                    var place = new ActivationAddress(activation, 0, position, i);
                    Assert.Equal(place, ActivationAddress.Of(place.ToString()));
                    var number = trace.Values(activation, 0, position)[i];
                    var anatomy = Anatomy.Of(ExpectedNumbers.Run, model, trace, place);
                    Assert.True(number.Equals(anatomy.Again),
                        $"{place} of {text}: {number:R}, again {anatomy.Again:R}");
                }
            }
        }
    }
}
