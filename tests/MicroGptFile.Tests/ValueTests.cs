using Value = Program.Value;

namespace MicroGptFile.Tests;

public class ValueTests
{
    [Theory]
    [InlineData(3, 4)]
    [InlineData(-3, 4)]
    [InlineData(-2.5, -0.125)]
    [InlineData(0, 7)]
    [InlineData(7, 0)]
    public void Addition_hands_the_gradient_on_unchanged(double x, double y) =>
        AssertBinary((a, b) => a + b, x, y, x + y, 1, 1);

    [Theory]
    [InlineData(3, 4)]
    [InlineData(-3, 4)]
    [InlineData(0, 4)]
    [InlineData(0, 0)]
    public void Subtraction_turns_the_second_gradient_around(double x, double y) =>
        AssertBinary((a, b) => a - b, x, y, x - y, 1, -1);

    [Theory]
    [InlineData(3, 4)]
    [InlineData(-3, 4)]
    [InlineData(0, 4)]
    [InlineData(-0.5, -6)]
    public void A_factors_gradient_is_the_other_factor(double x, double y) =>
        AssertBinary((a, b) => a * b, x, y, x * y, y, x);

    [Theory]
    [InlineData(3, 4)]
    [InlineData(-3, 0.5)]
    [InlineData(0, -2)]
    public void Division_multiplies_by_the_inverse(double x, double y) =>
        AssertBinary((a, b) => a / b, x, y, x * Math.Pow(y, -1), Math.Pow(y, -1), x * (-1 * Math.Pow(y, -2)));

    [Theory]
    [InlineData(2, 3, 8, 12)]
    [InlineData(-2, 2, 4, -4)]
    [InlineData(4, 0.5, 2, 0.25)]
    [InlineData(4, -0.5, 0.5, -0.0625)]
    [InlineData(0, 2, 0, 0)]
    [InlineData(5, 0, 1, 0)]
    public void Power(double x, double n, double expected, double gradient) =>
        AssertUnary(a => a.Pow(n), x, expected, gradient);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-2.5)]
    [InlineData(700)]
    public void An_exponential_is_its_own_derivative(double x) => AssertUnary(a => a.Exp(), x, Math.Exp(x), Math.Exp(x));

    [Theory]
    [InlineData(1)]
    [InlineData(0.001)]
    [InlineData(20)]
    public void Logarithm(double x) => AssertUnary(a => a.Log(), x, Math.Log(x), 1 / x);

    [Theory]
    [InlineData(2.5, 2.5, 1)]
    [InlineData(-2.5, 0, 0)]
    [InlineData(0, 0, 0)]
    public void Relu_lets_only_positive_numbers_through(double x, double expected, double gradient) =>
        AssertUnary(a => a.Relu(), x, expected, gradient);

    [Fact]
    public void Relu_stops_minus_zero_too() => AssertUnary(a => a.Relu(), -0.0, 0, 0);

    [Theory]
    [InlineData(5)]
    [InlineData(-5)]
    public void Negation(double x) => AssertUnary(a => -a, x, -x, -1);

    [Fact]
    public void A_plain_number_is_a_value_too()
    {
        Value x = 3;
        var y = 2 * x + 1.5;
        y.Backward();
        Assert.Equal((7.5, 2), (y.Data, x.Grad));
    }

    [Fact]
    public void A_chain_multiplies_its_derivatives()
    {
        Value x = 0.5;
        (3 * x.Exp()).Log().Pow(2).Backward(); // (log 3 + x) ** 2
        Assert.Equal(2 * (Math.Log(3) + 0.5), x.Grad, 1e-15);
    }

    [Fact]
    public void A_value_used_twice_adds_up_both_gradients()
    {
        Value x = 3;
        (x * x + x).Backward();
        Assert.Equal(7, x.Grad);
    }

    [Fact]
    public void A_shared_node_waits_for_all_its_uses()
    {
        // d = c * c + c with c = x * y: had c handed its gradient on after its first use, the rest would be missing.
        Value x = 2, y = -3;
        var c = x * y;
        (c * c + c).Backward();
        Assert.Equal((-11, 33, -22), (c.Grad, x.Grad, y.Grad));
    }

    [Fact]
    public void Gradients_are_accumulated_over_two_graphs()
    {
        Value x = 2;
        (x * 3).Backward();
        (x * 4).Backward();
        Assert.Equal(7, x.Grad);
    }

    [Fact]
    public void Two_losses_may_share_a_part_of_their_graph()
    {
        Value x = 2;
        var shared = x * 5;
        (shared + 1).Backward();
        Assert.Equal((1, 5), (shared.Grad, x.Grad));
        shared.Grad = 0;
        (shared * 2).Backward();
        Assert.Equal((2, 15), (shared.Grad, x.Grad));
    }

    [Fact]
    public void A_lone_value_is_its_own_loss()
    {
        Value x = 4;
        x.Backward();
        Assert.Equal(1, x.Grad);
    }

    [Fact]
    public void A_graph_may_be_a_million_values_deep()
    {
        Value x = 1, sum = 0;
        for (var i = 0; i < 1_000_000; i++) sum += x;
        sum.Backward();
        Assert.Equal(1_000_000, x.Grad);
    }

    static void AssertBinary(
        Func<Value, Value, Value> operation, double x, double y, double expected, double gradientX, double gradientY)
    {
        Value a = x, b = y;
        var result = operation(a, b);
        result.Backward();
        Assert.Equal((expected, gradientX, gradientY), (result.Data, a.Grad, b.Grad));
    }

    static void AssertUnary(Func<Value, Value> operation, double x, double expected, double gradient)
    {
        Value a = x;
        var result = operation(a);
        result.Backward();
        Assert.Equal((expected, gradient), (result.Data, a.Grad));
    }
}
